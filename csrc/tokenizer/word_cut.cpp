// word_cut: a table of pairs of characters; where it need not be asked, masks of 64 bytes tell.
#include "tokenizer/word_cut.hpp"

#include <bit>
#include <cstring>

#include "tokenizer/eight_bytes.hpp"
#include "tokenizer/piece_ends.hpp"
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
  by_windows_ = joins(other, other);
  blanks_begin_ = true;
  for (size_t each = 0; each < num_classes; ++each) {
    if (joins(each, space) || joins(space, each)) by_windows_ = false;
  }
  for (size_t right = 0; right < num_classes && only_before_pieces; ++right) {
    for (size_t left = 0; left < num_classes; ++left) joined(left, right) |= !is_piece[right];
  }
  for (size_t left = 0; left < num_classes; ++left) {
    if (left != ' ' && joins(left, ' ')) blanks_begin_ = false;
  }
}

size_t WordCut::operator()(const char* at, const char* end, std::span<const char*> ends) const {
  size_t num = 0;
  while (at != end && num + window <= ends.size()) {
    const uint64_t begins = by_windows_ ? word_begins(at, static_cast<size_t>(end - at)) : 0;
    if (begins == 0) ends[num++] = at = word_end(at, end);
    at = append_ends(begins, at, ends, num);
  }
  return num;
}

/// Of the words that begin in a window behind the first, which begins with it. The ids of eight
/// letters fit where they are remembered.
uint64_t WordCut::word_begins(const char* at, size_t left) const {
  simd::TextClasses is;
  text_classes_(at, left, &is);
  const uint64_t letter = is.upper | is.lower;
  uint64_t eight = letter << 1;  // letters are before this one
  eight &= eight << 1, eight &= eight << 2, eight &= eight << 4;
  uint64_t eighth = 0;
  for (uint64_t next = (letter & ~(letter << 1)) << eight_bytes::size & eight & letter;
       next != 0;) {
    eighth |= next;
    next = next << eight_bytes::size & eight & letter;
  }
  const uint64_t within = (letter & (letter | is.blank) << 1) | (is.high & is.high << 1);
  const uint64_t there = left < window ? (uint64_t{1} << left) - 1 : ~uint64_t{0};
  uint64_t all = blanks_begin_ ? is.blank & ~(is.blank << 1) & there & ~uint64_t{1} : 0;
  for (uint64_t more = (~within | eighth) & there & ~(all | 1); more != 0; more &= more - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(more));
    const auto class_of = [&](size_t place) -> size_t {
      return (is.high >> place & 1) != 0 ? other : static_cast<uint8_t>(at[place]);
    };
    if (!joins(class_of(i - 1), class_of(i))) all |= uint64_t{1} << i;
  }
  return all;
}

const char* WordCut::word_end(const char* at, const char* end) const {
  for (size_t last = class_at(at, end);;) {
    if (last < 128) {
      at = eight_bytes::is_letter(last) ? eight_bytes::letters_end(at, end) : at + 1;
      last = static_cast<uint8_t>(at[-1]);
    } else if (last == space) {
      at += space_mark.size();
    } else if (by_windows_) {
      at = eight_bytes::high_end(at, end);
    } else {
      do ++at;
      while (at != end && goes_on(*at));
    }
    if (at == end) return at;
    const size_t here = class_at(at, end);
    const bool begins_word = last == ' ' && eight_bytes::is_letter(here);
    if (!joins(last, here) && !begins_word) return at;
    last = here;
  }
}

}  // namespace corpusmill::tokenizer
