// utf8: one code point from bytes, and back. Knows no character by name.
//
// A byte that is no part of a well-formed sequence (Unicode 15.0, table 3-7: no overlong forms, no
// surrogates, nothing above U+10FFFF) is one invalid unit, each such byte for itself. It gets a
// code of its own above the code points, so text of any bytes survives a round trip.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace corpusmill::text {

constexpr char32_t last_code_point = 0x10FFFF;

constexpr char32_t invalid_byte(uint8_t byte) { return last_code_point + 1 + byte; }

struct Decoded {
  char32_t code;
  uint32_t size;  // bytes taken, 1 to 4
};

/// The code point or invalid byte that begins at `at`. Needs at < end; reads nothing from end on.
inline Decoded decode(const char* at, const char* end) {
  const auto left = end - at;
  const auto lead = static_cast<uint8_t>(*at);
  const auto tail = [&](int i) { return static_cast<uint8_t>(at[i]) ^ 0x80u; };  // < 0x40 if one
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) {
    if (lead >= 0xC2 && left >= 2 && tail(1) < 0x40) return {(lead & 31u) << 6 | tail(1), 2};
  } else if (lead < 0xF0) {
    if (left >= 3 && (tail(1) | tail(2)) < 0x40) {
      const char32_t code = (lead & 15u) << 12 | tail(1) << 6 | tail(2);
      if (code >= 0x800 && code >> 11 != 0xD800 >> 11) return {code, 3};
    }
  } else if (lead < 0xF5) {
    if (left >= 4 && (tail(1) | tail(2) | tail(3)) < 0x40) {
      const char32_t code = (lead & 7u) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3);
      if (code >= 0x10000 && code <= last_code_point) return {code, 4};
    }
  }
  return {invalid_byte(lead), 1};
}

/// Where the character or invalid byte begins of which the byte at `at` is a part.
inline size_t character_begin(std::string_view text, size_t at) {
  for (size_t back = 1; back <= std::min<size_t>(at, 3); ++back) {
    if (decode(text.data() + at - back, text.data() + text.size()).size > back) return at - back;
  }
  return at;
}

/// Writes a code point as 1 to 4 bytes, an invalid byte as itself; returns how many.
inline uint32_t encode(char32_t code, char* out) {
  const auto put = [&](int i, char32_t value) { out[i] = static_cast<char>(value); };
  const auto tail = [](char32_t value) { return 0x80 | (value & 63); };
  if (code < 0x80) return put(0, code), 1;
  if (code < 0x800) return put(0, 0xC0 | code >> 6), put(1, tail(code)), 2;
  if (code < 0x10000) {
    return put(0, 0xE0 | code >> 12), put(1, tail(code >> 6)), put(2, tail(code)), 3;
  }
  if (code > last_code_point) return put(0, code - invalid_byte(0)), 1;
  put(0, 0xF0 | code >> 18), put(1, tail(code >> 12)), put(2, tail(code >> 6));
  return put(3, tail(code)), 4;
}

/// Length of the longest prefix without a byte from 0x80 on.
inline size_t ascii_prefix(std::string_view text) {
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t eight;
    std::memcpy(&eight, text.data() + i, 8);
    if ((eight & 0x8080808080808080u) != 0) break;
  }
  while (i < text.size() && static_cast<uint8_t>(text[i]) < 0x80) ++i;
  return i;
}

/// Whether every byte is part of a well-formed sequence.
inline bool is_well_formed(std::string_view text) {
  while (!(text.remove_prefix(ascii_prefix(text)), text.empty())) {
    const Decoded next = decode(text.data(), text.data() + text.size());
    if (next.code > last_code_point) return false;
    text.remove_prefix(next.size);
  }
  return true;
}

}  // namespace corpusmill::text
