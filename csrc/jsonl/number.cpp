// number: the grammar here, the value by std::from_chars, which is exact and knows no locale.
#include "jsonl/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <system_error>

namespace corpusmill::jsonl {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool skip_digits(Cursor& cursor) {
  const char* begin = cursor.at;
  while (is_digit(cursor.peek())) ++cursor.at;
  return cursor.at != begin;
}

// std::from_chars reports a number out of range without saying which way. There the power of ten
// of its first non-zero digit is far from 0, so its sign tells.
bool is_large(std::string_view json) {
  const size_t exponent_at = json.find_first_of("eE");
  const std::string_view digits = json.substr(0, exponent_at);
  const size_t first = digits.find_first_of("123456789");
  const size_t point = std::min(digits.find('.'), digits.size());
  const auto power = static_cast<int64_t>(point) - static_cast<int64_t>(first);
  if (exponent_at == std::string_view::npos) return power > 0;
  std::string_view exponent = json.substr(exponent_at + 1);
  const bool negative = exponent.front() == '-';
  if (negative || exponent.front() == '+') exponent.remove_prefix(1);
  int64_t size = std::numeric_limits<int64_t>::max() / 2;  // what remains if it does not fit
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), size);
  return power + (negative ? -size : size) > 0;
}

}  // namespace

bool skip_number(Cursor& cursor) {
  const char* begin = cursor.at;
  cursor.take('-');
  if (!cursor.take('0') && !skip_digits(cursor)) return false;
  if (cursor.take('.') && !skip_digits(cursor)) return false;
  const bool exponent = cursor.take('e') || cursor.take('E');
  if (exponent) {
    if (!cursor.take('+')) cursor.take('-');
    if (!skip_digits(cursor)) return false;
  }
  const auto size = static_cast<size_t>(cursor.at - begin);
  if (!exponent && size <= std::numeric_limits<double>::max_exponent10) return true;
  return !std::isinf(number_value({begin, size}));
}

double number_value(std::string_view json) {
  double value = 0;
  const auto read = std::from_chars(json.data(), json.data() + json.size(), value);
  if (read.ec == std::errc()) return value;
  const double magnitude = is_large(json) ? std::numeric_limits<double>::infinity() : 0.0;
  return json.front() == '-' ? -magnitude : magnitude;
}

}  // namespace corpusmill::jsonl
