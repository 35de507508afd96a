// scripts: eight ASCII characters at a time, whose letters are all Latin; others by the table.
#include "text/scripts.hpp"

#include <cstddef>
#include <cstring>

#include "text/unicode_tables.hpp"
#include "text/utf8.hpp"

namespace corpusmill::text {

namespace {

constexpr uint64_t every(uint64_t byte) { return 0x0101010101010101u * byte; }

// How many of eight ASCII bytes are letters. Sums of bytes below 0x80 do not carry.
int64_t count_letters(uint64_t ascii) {
  const uint64_t lower = ascii | every(0x20);
  const uint64_t from_a = lower + every(0x80 - 'a');
  const uint64_t past_z = lower + every(0x80 - 'z' - 1);
  const uint64_t is_letter = (from_a & ~past_z & every(0x80)) >> 7;
  return static_cast<int64_t>(is_letter * every(1) >> 56);
}

}  // namespace

int64_t add_letters(std::string_view document, std::span<int64_t> letters) {
  const char* at = document.data();
  const char* end = at + document.size();
  int64_t characters = 0, ascii_characters = 0, ascii_letters = 0;
  while (at != end) {
    if (end - at >= 8) {
      uint64_t word;
      std::memcpy(&word, at, 8);
      if ((word & every(0x80)) == 0) {
        ascii_letters += count_letters(word);
        ascii_characters += 8;
        at += 8;
        continue;
      }
    }
    const Decoded decoded = decode(at, end);
    ++letters[script_of_letter(decoded.code)];
    ++characters;
    at += decoded.size;
  }
  letters[script_of_letter('a')] += ascii_letters;
  letters[0] += ascii_characters - ascii_letters;
  return characters + ascii_characters;
}

}  // namespace corpusmill::text
