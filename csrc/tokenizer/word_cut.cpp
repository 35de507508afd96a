// word_cut: a table of pairs of characters.
#include "tokenizer/word_cut.hpp"

#include <cstring>

#include "tokenizer/piece_normalizer.hpp"

namespace corpusmill::tokenizer {

namespace {

bool goes_on(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

}  // namespace

inline size_t WordCut::class_at(const char* at, const char* end) {
  const auto byte = static_cast<uint8_t>(*at);
  if (byte < 0x80) return byte;
  const bool is_space = byte == 0xE2 && end - at >= 3 && std::memcmp(at, space_mark.data(), 3) == 0;
  return is_space ? space : other;
}

WordCut::WordCut(std::span<const std::string_view> pieces, bool only_before_pieces) {
  joined_.fill(0);
  std::array<bool, num_classes> is_piece{};
  for (const std::string_view piece : pieces) {
    const char* const end = piece.data() + piece.size();
    size_t before = num_classes;
    for (const char* at = piece.data(); at != end; ++at) {
      if (goes_on(*at)) continue;
      const size_t here = class_at(at, end);
      if (before != num_classes) joined(before, here) = 1;
      before = here;
    }
    const size_t first = class_at(piece.data(), end);
    is_piece[first] |= piece.size() == (first == space ? space_mark.size() : 1);
  }
  for (size_t right = 0; right < num_classes && only_before_pieces; ++right) {
    for (size_t left = 0; left < num_classes; ++left) joined(left, right) |= !is_piece[right];
  }
}

const char* WordCut::operator()(const char* at, const char* end) const {
  const uint8_t* joined = &joined_[class_at(at, end) * num_classes];
  while (++at != end) {
    if (goes_on(*at)) continue;
    const size_t here = class_at(at, end);
    if (joined[here] == 0) break;
    joined = &joined_[here * num_classes];
  }
  return at;
}

}  // namespace corpusmill::tokenizer
