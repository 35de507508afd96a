// string: runs are copied whole; escapes, which often come in rows (\u0441\u043b), one by one.
#include "jsonl/string.hpp"

#include <array>
#include <cstddef>

#include "jsonl/run.hpp"

namespace corpusmill::jsonl {

namespace {

constexpr uint32_t no_unit = 0x10000;

// What a hexadecimal digit stands for; no_unit for other bytes, which no shift here makes small.
constexpr auto hex_values = [] {
  std::array<uint32_t, 256> values{};
  values.fill(no_unit);
  for (uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
  for (uint8_t i = 10; i < 16; ++i) values['a' + i - 10] = values['A' + i - 10] = i;
  return values;
}();

// What a backslash and this byte stand for; 0 if nothing.
constexpr auto short_escapes = [] {
  std::array<uint8_t, 256> values{};
  values['"'] = '"';
  values['\\'] = '\\';
  values['/'] = '/';
  values['b'] = '\b';
  values['f'] = '\f';
  values['n'] = '\n';
  values['r'] = '\r';
  values['t'] = '\t';
  return values;
}();

// The UTF-16 unit in the four digits of a \uXXXX escape at `at`; no_unit or more if there is none.
uint32_t unicode_escape(const char* at, const char* end) {
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return no_unit;
  const auto digit = [at](int i) { return hex_values[static_cast<uint8_t>(at[i])]; };
  return digit(2) << 12 | digit(3) << 8 | digit(4) << 4 | digit(5);
}

size_t encode(uint32_t code, uint8_t* out) {
  const auto low = [code](uint32_t shift) {
    return static_cast<uint8_t>(0x80U | (code >> shift & 0x3fU));
  };
  if (code < 0x80) {
    out[0] = static_cast<uint8_t>(code);
    return 1;
  }
  if (code < 0x800) {
    out[0] = static_cast<uint8_t>(0xc0U | code >> 6);
    out[1] = low(0);
    return 2;
  }
  if (code < 0x10000) {
    out[0] = static_cast<uint8_t>(0xe0U | code >> 12);
    out[1] = low(6);
    out[2] = low(0);
    return 3;
  }
  out[0] = static_cast<uint8_t>(0xf0U | code >> 18);
  out[1] = low(12);
  out[2] = low(6);
  out[3] = low(0);
  return 4;
}

// Reads the escape at the cursor's backslash and writes the 1 to 4 bytes it stands for. Returns
// their number, or 0 if it is no escape.
size_t read_escape(Cursor& cursor, uint8_t* out) {
  const uint32_t unit = unicode_escape(cursor.at, cursor.end);
  if (unit >= no_unit) {
    if (cursor.end - cursor.at < 2) return 0;
    *out = short_escapes[static_cast<uint8_t>(cursor.at[1])];
    if (*out == 0) return 0;
    cursor.at += 2;
    return 1;
  }
  cursor.at += 6;
  if (unit < 0xd800 || unit > 0xdfff) return encode(unit, out);
  const uint32_t second = unit < 0xdc00 ? unicode_escape(cursor.at, cursor.end) : no_unit;
  if (second < 0xdc00 || second > 0xdfff) {
    cursor.lone_surrogate = true;
    return 0;
  }
  cursor.at += 6;
  return encode(0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00), out);
}

}  // namespace

bool skip_string(Cursor& cursor) {
  for (;;) {
    cursor.at += run_length(cursor.at, cursor.end);
    if (cursor.take('"')) return true;
    if (cursor.peek() != '\\') return false;
    do {
      std::array<uint8_t, 4> ignored;
      if (read_escape(cursor, ignored.data()) == 0) return false;
    } while (cursor.peek() == '\\');
  }
}

uint8_t* unescape_string(Cursor& cursor, uint8_t* out) {
  for (;;) {
    const size_t size = copy_run(cursor.at, cursor.end, out);
    cursor.at += size;
    out += size;
    if (cursor.take('"')) return out;
    if (cursor.peek() != '\\') return nullptr;
    do {
      const size_t written = read_escape(cursor, out);
      if (written == 0) return nullptr;
      out += written;
    } while (cursor.peek() == '\\');
  }
}

std::string_view unescaped(std::string_view written, std::vector<uint8_t>& scratch) {
  if (written.find('\\') == std::string_view::npos) return written;
  const size_t quoted = written.size() + 1;
  if (scratch.size() < quoted + run_slack) scratch.resize(quoted + run_slack);
  const char* begin = written.data();
  Cursor cursor{.at = begin, .end = begin + quoted};
  const uint8_t* end = unescape_string(cursor, scratch.data());
  return {reinterpret_cast<const char*>(scratch.data()), static_cast<size_t>(end - scratch.data())};
}

}  // namespace corpusmill::jsonl
