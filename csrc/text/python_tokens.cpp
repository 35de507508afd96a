// python_tokens: a table for ASCII, the properties of unicode_tables for the rest.
#include "text/python_tokens.hpp"

#include <algorithm>
#include <array>

#include "text/unicode_tables.hpp"
#include "text/utf8.hpp"

namespace corpusmill::text {

namespace {

constexpr char32_t capital_i_with_dot = 0x130;
constexpr char32_t dot_above = 0x307;
constexpr char32_t capital_sigma = 0x3A3;
constexpr char32_t final_sigma = 0x3C2;

// As Python's str.isspace: U+001C to U+001F separate too.
constexpr bool is_ascii_space(char32_t code) {
  return code == ' ' || (code >= '\t' && code <= '\r') || (code >= 0x1C && code <= 0x1F);
}

constexpr bool is_ascii_word(char32_t code) {
  return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
         (code >= '0' && code <= '9') || code == '_';
}

struct Ascii {
  char lower;
  uint8_t kind;  // Class
};

constexpr auto ascii = [] {
  std::array<Ascii, 128> table{};
  for (char32_t code = 0; code < 128; ++code) {
    const bool upper = code >= 'A' && code <= 'Z';
    const uint8_t kind = is_ascii_space(code) ? 0 : is_ascii_word(code) ? 1 : 2;
    table[code] = {static_cast<char>(upper ? code + 32 : code), kind};
  }
  return table;
}();

// The character that ends where `end` is; begin < end.
Decoded decode_before(const char* begin, const char* end) {
  for (uint32_t size = 4; size > 1; --size) {
    if (end - begin < static_cast<std::ptrdiff_t>(size)) continue;
    const Decoded last = decode(end - size, end);
    if (last.size == size) return last;
  }
  return decode(end - 1, end);
}

}  // namespace

void PythonTokens::begin(std::string_view document) {
  first_ = at_ = document.data();
  end_ = at_ + document.size();
  open_ = space;
  dot_pending_ = false;
}

std::string_view PythonTokens::next() {
  size_ = 0;
  open_ = space;
  if (dot_pending_) {
    dot_pending_ = false;
    take(dot_above);
  }
  while (at_ != end_) {
    if (static_cast<uint8_t>(*at_) < 0x80) {
      if (take_ascii()) break;
      continue;
    }
    const auto [code, size] = decode(at_, end_);
    if (code == capital_i_with_dot) {
      if (!take('i')) break;
      at_ += size;
      if (!take(dot_above)) {
        dot_pending_ = true;
        break;
      }
      continue;
    }
    const auto lowered = code == capital_sigma && is_final_sigma(at_)
                             ? final_sigma
                             : code + static_cast<char32_t>(properties(code).to_lower);
    if (!take(lowered)) break;
    at_ += size;
  }
  return {token_.data(), size_};
}

// Takes a run of ASCII; true if the token ends before it is over. Works on copies: a char written
// may be any member, for all the compiler knows.
bool PythonTokens::take_ascii() {
  const bool whole = cut_ == PythonCut::whitespace;
  if (size_ + readable_after >= token_.size()) grow();
  const char* at = at_;
  const char* const end = std::min(end_, at + (token_.size() - readable_after - size_));
  char* out = token_.data() + size_;
  auto open = static_cast<uint8_t>(open_);
  bool over = false;
  for (; at != end && static_cast<uint8_t>(*at) < 0x80; ++at) {
    auto [lower, kind] = ascii[static_cast<uint8_t>(*at)];
    if (whole && kind == other) kind = word;
    if (kind != open) {
      if (open != space) {
        over = true;
        break;
      }
      open = kind;
    }
    *out = lower;
    out += kind != space;
  }
  at_ = at;
  open_ = static_cast<Class>(open);
  size_ = static_cast<size_t>(out - token_.data());
  return over;
}

// Takes one character, already lowered; false if the token ends before it.
bool PythonTokens::take(char32_t code) {
  const Class is = class_of(code);
  if (is != open_) {
    if (open_ != space) return false;
    open_ = is;
  }
  if (is == space) return true;
  if (size_ + readable_after >= token_.size()) grow();
  size_ += encode(code, token_.data() + size_);
  return true;
}

PythonTokens::Class PythonTokens::class_of(char32_t code) const {
  const uint8_t number = property_number(code);
  if ((property_record[number].flags & flag_white_space) != 0) return space;
  if (cut_ == PythonCut::whitespace) return word;
  return number >= kind_lowers && number < kind_mark ? word : other;
}

// Whether the last character before that is not Case_Ignorable is Cased, and the first after is not
// (Unicode 15.0, section 3.13, Final_Sigma). Looks no further than the next sigma on each side.
bool PythonTokens::is_final_sigma(const char* sigma) const {
  bool cased = false;
  for (const char* at = sigma; at != first_;) {
    const Decoded before = decode_before(first_, at);
    at -= before.size;
    const uint8_t is = casing(before.code);
    if ((is & casing_ignorable) != 0) continue;
    cased = (is & casing_cased) != 0;
    break;
  }
  if (!cased) return false;
  for (const char* at = sigma + 2; at != end_;) {
    const Decoded after = decode(at, end_);
    at += after.size;
    const uint8_t is = casing(after.code);
    if ((is & casing_ignorable) == 0) return (is & casing_cased) == 0;
  }
  return true;
}

void PythonTokens::grow() { token_.resize(2 * token_.size()); }

}  // namespace corpusmill::text
