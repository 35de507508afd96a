// pieces: where the pieces of a text (text/pieces.hpp) begin, 64 bytes at once, for the level being
// compiled. Included by loops.cpp alone; everything has internal linkage.
//
// Adding a bit to a run of ones carries it to the first zero behind the run. So of a word of flags
// `blank` and one of line ends, blank + line_end has a bit at the first byte behind each run of
// blanks with a line end in it: where a line begins that is not blank.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "simd/bytes.hpp"

namespace {

using corpusmill::simd::OpenPieces;

constexpr size_t text_ahead =
    2048;  // what is done between two parts of a text makes the CPU forget

// The sum, and its carry for the next word.
inline uint64_t add_carry(uint64_t left, uint64_t right, bool& carry) {
  uint64_t sum = 0;
  const bool first = __builtin_add_overflow(left, right, &sum);
  const bool second = __builtin_add_overflow(sum, uint64_t{carry}, &sum);
  carry = first || second;
  return sum;
}

template <bool paragraphs>
uint64_t begins_in(Bytes text, OpenPieces& open) {
  const uint64_t ends = text.equal('\n');
  const uint64_t blank = text.between('\t', '\r') | text.equal(' ');
  const uint64_t lines = add_carry(blank, ends, open.line_to_come) & ~blank;
  if constexpr (!paragraphs) return lines;
  const uint64_t of_lines = add_carry(~ends, lines, open.in_line) & ends;
  return add_carry(blank, ends & ~of_lines, open.paragraph_to_come) & ~blank;
}

// Lines: a few at a time whether there are so many or not, for that is hard to predict.
template <bool paragraphs>
uint32_t* write_places(uint64_t bits, size_t base, uint32_t* out) {
  constexpr int at_once = paragraphs ? 0 : corpusmill::simd::Loops::positions_room;
  const int count = __builtin_popcountll(bits);
  for (int i = 0; i < at_once; ++i, bits &= bits - 1) {
    const auto bit = static_cast<size_t>(__builtin_ctzll(bits | uint64_t{1} << 63));
    out[i] = static_cast<uint32_t>(base + bit);
  }
  for (int i = at_once; i < count; ++i, bits &= bits - 1) {
    out[i] = static_cast<uint32_t>(base + static_cast<size_t>(__builtin_ctzll(bits)));
  }
  return out + count;
}

template <bool paragraphs>
size_t begins(const char* text, size_t size, OpenPieces& open, uint32_t* out) {
  uint32_t* end = out;
  size_t at = 0;
  for (; at + 64 <= size; at += 64) {
    __builtin_prefetch(text + at + text_ahead);
    end = write_places<paragraphs>(begins_in<paragraphs>(Bytes::load(text + at), open), at, end);
  }
  if (at < size) {
    const Bytes rest = load_first(text + at, size - at, ' ');
    end = write_places<paragraphs>(begins_in<paragraphs>(rest, open), at, end);
  }
  return static_cast<size_t>(end - out);
}

size_t line_begins(const char* text, size_t size, OpenPieces* open, uint32_t* out) {
  return begins<false>(text, size, *open, out);
}

size_t paragraph_begins(const char* text, size_t size, OpenPieces* open, uint32_t* out) {
  return begins<true>(text, size, *open, out);
}

}  // namespace
