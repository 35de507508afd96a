// word_cut: a table of pairs of characters.
#include "tokenizer/word_cut.hpp"

#include <bit>
#include <cstring>

#include "tokenizer/piece_normalizer.hpp"

namespace corpusmill::tokenizer {

namespace {

bool goes_on(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

constexpr std::ptrdiff_t few_letters = 8;  // and their ids fit where they are remembered

bool is_letter(size_t code) { return (code | 0x20) - 'a' < 26; }

/// Where the letters of ASCII end that begin at `at`, or the eighth of them does.
const char* letters_end(const char* at, const char* end) {
  constexpr uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
  if (end - at >= few_letters) {
    uint64_t eight;
    std::memcpy(&eight, at, few_letters);
    const uint64_t lower = (eight | 0x20 * ones) & ~high;
    const uint64_t from_a = lower + (0x80 - 'a') * ones, beyond_z = lower + (0x7f - 'z') * ones;
    const uint64_t others = ~(from_a & ~beyond_z & ~eight) & high;
    return at + std::countr_zero(others) / 8;
  }
  while (at != end && is_letter(static_cast<uint8_t>(*at))) ++at;
  return at;
}

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
  for (size_t last = class_at(at, end);;) {
    if (last < 128) {
      at = is_letter(last) ? letters_end(at, end) : at + 1;
      last = static_cast<uint8_t>(at[-1]);
    } else if (last == space) {
      at += space_mark.size();
    } else {
      do ++at;
      while (at != end && goes_on(*at));
    }
    if (at == end) return at;
    const size_t here = class_at(at, end);
    if (!joins(last, here)) return at;
    last = here;
  }
}

}  // namespace corpusmill::tokenizer
