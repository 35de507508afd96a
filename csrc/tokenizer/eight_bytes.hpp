// eight_bytes: what of a text is told eight bytes at a time by arithmetic on a word of 64 bits.
// Knows ASCII alone.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace corpusmill::tokenizer::eight_bytes {

constexpr std::ptrdiff_t size = 8;
constexpr uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;

constexpr bool is_letter(size_t code) { return (code | 0x20) - 'a' < 26; }

/// In each byte that is no visible character of ASCII, or is this one, and in none before the first
/// of them, the high bit. blanks: which are visible here, too.
inline uint64_t unseen(uint64_t eight, uint8_t but, bool blanks) {
  const uint64_t first = blanks ? 0x20 : 0x21, differs = eight ^ but * ones;
  const uint64_t below = (eight - first * ones) & ~eight, above = (eight + ones) | eight;
  return (below | above | ((differs - ones) & ~differs)) & high;
}

/// The high bit of each byte that is a blank behind a blank, in a row of visible ones.
inline uint64_t extra_blanks(uint64_t eight, bool after_blank) {
  const uint64_t blank = ~((eight | high) - 0x21 * ones) & high;
  return blank & (blank << 8 | (after_blank ? 0x80u : 0u));
}

inline size_t num_before(uint64_t bits) { return static_cast<size_t>(std::countr_zero(bits)) / 8; }

/// Where the letters of ASCII end that begin at `at`, or the eighth of them does.
inline const char* letters_end(const char* at, const char* end) {
  if (end - at >= size) {
    uint64_t eight;
    std::memcpy(&eight, at, size);
    const uint64_t lower = (eight | 0x20 * ones) & ~high;
    const uint64_t from_a = lower + (0x80 - 'a') * ones, beyond_z = lower + (0x7f - 'z') * ones;
    const uint64_t others = ~(from_a & ~beyond_z & ~eight) & high;
    return at + std::countr_zero(others) / 8;
  }
  while (at != end && is_letter(static_cast<uint8_t>(*at))) ++at;
  return at;
}

/// Where the bytes end that are not of ASCII.
inline const char* high_end(const char* at, const char* end) {
  for (uint64_t eight; end - at >= 8; at += 8) {
    std::memcpy(&eight, at, 8);
    const uint64_t ascii = ~eight & high;
    if (ascii != 0) return at + std::countr_zero(ascii) / 8;
  }
  while (at != end && static_cast<uint8_t>(*at) >= 0x80) ++at;
  return at;
}

}  // namespace corpusmill::tokenizer::eight_bytes
