// run: eight bytes at a time while runs are short and ASCII, else the wide loops. Little-endian.
#include "jsonl/run.hpp"

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

bool is_ascii(char c) { return static_cast<signed char>(c) >= 0; }

}  // namespace

// A call of the wide loop costs as much as looking at two words here, and most runs that are not
// copied are short: keys.
size_t run_length(const char* at, const char* end) {
  const char* p = at;
  for (int words = 0; words < 2 && end - p >= 8; ++words, p += 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    const uint64_t found = specials(word);
    if (found == 0) continue;
    p += __builtin_ctzll(found) / 8;
    if (is_ascii(*p)) return static_cast<size_t>(p - at);
    break;
  }
  return static_cast<size_t>(p - at) + simd::loops().string_prefix(p, static_cast<size_t>(end - p));
}

size_t copy_run(const char* at, const char* end, uint8_t* out) {
  return simd::loops().string_copy(at, static_cast<size_t>(end - at), reinterpret_cast<char*>(out));
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
