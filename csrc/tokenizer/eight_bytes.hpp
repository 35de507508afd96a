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

/// How many visible characters of ASCII eight bytes begin with.
inline size_t num_visible(uint64_t eight) {
  const uint64_t below = (eight - 0x21 * ones) & ~eight, above = (eight + ones) | eight;
  return static_cast<size_t>(std::countr_zero((below | above) & high)) / 8;
}

/// The same with blanks among them; but none behind another if that is one too many, the first of
/// them if after_blank.
inline size_t num_with_blanks(uint64_t eight, bool any_is_extra, bool after_blank) {
  const uint64_t below = (eight - 0x20 * ones) & ~eight, above = (eight + ones) | eight;
  const uint64_t ascii = ~(below | above) & high;
  // Of bytes from 0x20 on only a blank is below 0x21; of others it does not matter.
  const uint64_t blank = any_is_extra ? ~((eight | high) - 0x21 * ones) & high : 0;
  const uint64_t extra = blank & (blank << 8 | (after_blank ? 0x80u : 0u));
  return static_cast<size_t>(std::countr_zero((~ascii & high) | extra)) / 8;
}

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
