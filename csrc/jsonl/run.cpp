// run: eight bytes at a time while runs are short, the wide loop when they are long, one character
// at a time outside ASCII. Little-endian.
#include "jsonl/run.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "simd/loops.hpp"

namespace corpusmill::jsonl {

namespace {

constexpr uint64_t every(uint64_t byte) { return 0x0101010101010101u * byte; }
constexpr uint64_t top = every(0x80);

// The top bit of the first byte that is a quote, a backslash, a control or not ASCII; bits behind
// it mean nothing, for a borrow may have run through them.
uint64_t specials(uint64_t word) {
  const uint64_t quote = word ^ every('"');
  const uint64_t backslash = word ^ every('\\');
  const uint64_t below =
      ((quote - every(1)) | (backslash - every(1)) | (word - every(0x20))) & ~word;
  return (below | word) & top;
}

// A call of the wide loop costs as much as looking at two words here.
size_t plain_length(const char* at, const char* end) {
  const char* p = at;
  for (int words = 0; words < 2 && end - p >= 8; ++words, p += 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    const uint64_t found = specials(word);
    if (found != 0) return static_cast<size_t>(p - at + __builtin_ctzll(found) / 8);
  }
  return static_cast<size_t>(p - at) + simd::loops().plain_prefix(p, static_cast<size_t>(end - p));
}

// Length of the well-formed sequence whose first byte, from 0x80 on, is at `at`; 0 if it is none.
// Overlong forms, surrogates and numbers past U+10FFFF show in the first two bytes.
size_t sequence_length(const char* at, const char* end) {
  uint32_t word = 0;
  if (end - at >= 4) {
    std::memcpy(&word, at, 4);
  } else {
    std::memcpy(&word, at, static_cast<size_t>(end - at));
  }
  const uint32_t leading = (word & 0x0fU) << 6 | (word >> 8 & 0x3fU);
  if ((word & 0xc0e0U) == 0x80c0) return (word & 0x1eU) != 0 ? 2 : 0;
  if ((word & 0xc0c0f0U) == 0x8080e0) return leading >= 0x20 && leading >> 5 != 0x1b ? 3 : 0;
  if ((word & 0xc0c0c0f8U) == 0x808080f0) return leading >= 0x10 && leading < 0x110 ? 4 : 0;
  return 0;
}

bool is_ascii(char c) { return static_cast<signed char>(c) >= 0; }

}  // namespace

size_t run_length(const char* at, const char* end) {
  const char* p = at;
  while (p < end) {
    const size_t length = is_ascii(*p) ? plain_length(p, end) : sequence_length(p, end);
    if (length == 0) break;
    p += length;
  }
  return static_cast<size_t>(p - at);
}

bool is_utf8(std::string_view bytes) {
  const char* at = bytes.data();
  const char* end = at + bytes.size();
  while ((at += run_length(at, end)) < end) {
    if (!is_ascii(*at)) return false;
    ++at;
  }
  return true;
}

}  // namespace corpusmill::jsonl
