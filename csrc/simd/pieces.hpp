// pieces: where the contents of pieces (text/pieces.hpp) lie, 64 bytes at once, for the level being
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
using corpusmill::simd::Stretch;

constexpr size_t text_ahead = 2048;  // what is done between two texts makes the CPU forget

// The sum with the carry of the word before it, which a bit at the first place stands for just as
// well, and its carry for the next word.
inline uint64_t add_carry(uint64_t runs, uint64_t bits, bool& carry) {
  uint64_t sum = 0;
  carry = __builtin_add_overflow(runs, bits | uint64_t{carry}, &sum);
  return sum;
}

// Marks where pieces begin; nonblank: bytes that are no blanks.
template <bool paragraphs>
uint64_t begins_in(Bytes text, OpenPieces& open, uint64_t& nonblank) {
  const uint64_t ends = text.equal('\n');
  const uint64_t blank = text.blank();
  nonblank = ~blank;
  const uint64_t lines = add_carry(blank, ends, open.line_to_come) & nonblank;
  if constexpr (!paragraphs) return lines;
  const uint64_t of_lines = add_carry(~ends, lines, open.in_line) & ends;
  return add_carry(blank, ends & ~of_lines, open.paragraph_to_come) & nonblank;
}

// The first of some bytes, and the end of the last; of none, something.
inline const char* begin_of(uint64_t bytes, const char* text) {
#ifdef __BMI__
  return text + _tzcnt_u64(bytes);
#else
  return text + __builtin_ctzll(bytes | uint64_t{1} << 63);
#endif
}

inline const char* end_of(uint64_t bytes, const char* text) {
#ifdef __LZCNT__
  return text + 64 - _lzcnt_u64(bytes);
#else
  return text + 64 - __builtin_clzll(bytes | 1);
#endif
}

// The next content of a block: its begin, and the end of the one before it, if that is in the
// block.
inline void write_content(uint64_t& begins, uint64_t nonblank, const char* text, Stretch* out) {
  const uint64_t before = nonblank & ~begins & (begins - 1);
  out->begin = begin_of(begins, text);
  out[-1].end = end_of(before, text);
  begins &= begins - 1;
}

template <bool paragraphs>
size_t contents(const char* text, size_t size, OpenPieces* open, Stretch* out) {
  OpenPieces state = *open;
  Stretch* at = out;
  for (const char* const end = text + size; text < end; text += 64) {
    __builtin_prefetch(text + text_ahead);
    const auto rest = static_cast<size_t>(end - text);
    const Bytes block = rest < 64 ? load_first(text, rest, ' ') : Bytes::load(text);
    uint64_t nonblank;
    uint64_t begins = begins_in<paragraphs>(block, state, nonblank);
    const int count = __builtin_popcountll(begins);
    const uint64_t before = nonblank & ~begins & (begins - 1);
    // Two lines whether there are so many or not, for that is hard to predict.
    if (!paragraphs || count > 0) {
      write_content(begins, nonblank, text, at);
      at[-1].end = before == 0 ? state.end : end_of(before, text);
    }
    if (!paragraphs) write_content(begins, nonblank, text, at + 1);
    for (int i = paragraphs ? 1 : 2; i < count; ++i) write_content(begins, nonblank, text, at + i);
    at += count;
    state.end = nonblank == 0 ? state.end : end_of(nonblank, text);
  }
  *open = state;
  return static_cast<size_t>(at - out);
}

size_t line_contents(const char* text, size_t size, OpenPieces* open, Stretch* out) {
  return contents<false>(text, size, open, out);
}

size_t paragraph_contents(const char* text, size_t size, OpenPieces* open, Stretch* out) {
  return contents<true>(text, size, open, out);
}

size_t paragraph_begins(const char* text, size_t size, OpenPieces* open, uint32_t* out) {
  OpenPieces state = *open;
  uint32_t* end = out;
  for (size_t at = 0; at < size; at += 64) {
    uint64_t nonblank;
    const Bytes block =
        size - at < 64 ? load_first(text + at, size - at, ' ') : Bytes::load(text + at);
    uint64_t begins = begins_in<true>(block, state, nonblank);
    for (; begins != 0; begins &= begins - 1) {
      *end++ = static_cast<uint32_t>(at) + static_cast<uint32_t>(__builtin_ctzll(begins));
    }
  }
  *open = state;
  return static_cast<size_t>(end - out);
}

}  // namespace
