// plain_json: the grammar of JSON (RFC 8259), read byte by byte and with recursion. The slow twin
// of csrc/jsonl; knows nothing of it but the names of fields and faults.
#pragma once
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz.hpp"
#include "jsonl/row.hpp"

namespace corpusmill::fuzz {

using jsonl::Reason;

struct Value {
  std::string_view json;  // as written
  std::string text;       // of a string
};

/// One line, known to be UTF-8; throws the Reason of its first fault.
class Parser {
 public:
  Parser(std::string_view line, const jsonl::Fields& fields) : line_(line), fields_(fields) {}

  /// The fields of the outermost object, if there is one; the last of a name counts.
  std::optional<Value> text, id, order;
  bool object = false;

  void line() {
    space();
    object = peek() == '{';
    value(true);
    space();
    if (at_ != line_.size()) throw Reason::invalid_json;
  }

 private:
  int peek() const { return at_ < line_.size() ? static_cast<uint8_t>(line_[at_]) : -1; }

  int next() {
    const int byte = peek();
    if (byte < 0) throw Reason::invalid_json;
    ++at_;
    return byte;
  }

  void expect(std::string_view bytes) {
    for (const char byte : bytes) {
      if (next() != static_cast<uint8_t>(byte)) throw Reason::invalid_json;
    }
  }

  void space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') ++at_;
  }

  Value value(bool outermost = false) {
    const size_t begin = at_;
    Value out;
    switch (peek()) {
      case '{': members(outermost); break;
      case '[': items(); break;
      case '"': out.text = string(); break;
      case 't': expect("true"); break;
      case 'f': expect("false"); break;
      case 'n': expect("null"); break;
      default: number();
    }
    out.json = line_.substr(begin, at_ - begin);
    return out;
  }

  void members(bool outermost) {
    expect("{");
    space();
    if (peek() == '}') return expect("}");
    for (;; expect(","), space()) {
      const std::string key = string();
      space();
      expect(":");
      space();
      const Value read = value();
      if (outermost && key == fields_.text) text = read;
      if (outermost && key == fields_.id) id = read;
      if (outermost && key == fields_.order) order = read;
      space();
      if (peek() == '}') return expect("}");
    }
  }

  void items() {
    expect("[");
    space();
    if (peek() == ']') return expect("]");
    for (;; expect(","), space()) {
      value();
      space();
      if (peek() == ']') return expect("]");
    }
  }

  void digits() {
    do {
      if (std::isdigit(next()) == 0) throw Reason::invalid_json;
    } while (std::isdigit(peek()) != 0);
  }

  void number() {
    const size_t begin = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else {
      digits();
    }
    if (peek() == '.') ++at_, digits();
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      digits();
    }
    const std::string written(line_.substr(begin, at_ - begin));
    if (std::isinf(std::strtod(written.c_str(), nullptr))) throw Reason::invalid_json;
  }

  std::string string() {
    std::string out;
    expect("\"");
    for (;;) {
      const int byte = next();
      if (byte == '"') return out;
      if (byte < 0x20) throw Reason::invalid_json;
      if (byte == '\\') {
        escape(out);
      } else {
        out += static_cast<char>(byte);
      }
    }
  }

  void escape(std::string& out) {
    constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    const char name = static_cast<char>(next());
    if (name != 'u') {
      const size_t which = names.find(name);
      if (which == std::string_view::npos) throw Reason::invalid_json;
      out += meanings[which];
      return;
    }
    const char32_t unit = hexadecimal();
    if (unit < 0xd800 || unit > 0xdfff) return append(unit, out);
    const char32_t low = unit < 0xdc00 ? low_surrogate() : 0;
    if (low == 0) throw Reason::lone_surrogate;
    append(0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00), out);
  }

  char32_t hexadecimal() {
    char32_t out = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = next();
      if (std::isxdigit(digit) == 0) throw Reason::invalid_json;
      out = out * 16 +
            static_cast<char32_t>(std::stoi(std::string(1, static_cast<char>(digit)), nullptr, 16));
    }
    return out;
  }

  /// The second half of a pair; 0 if what follows is anything else.
  char32_t low_surrogate() try {
    expect("\\u");
    const char32_t unit = hexadecimal();
    return unit >= 0xdc00 && unit <= 0xdfff ? unit : 0;
  } catch (Reason) {
    return 0;
  }

  std::string_view line_;
  const jsonl::Fields& fields_;
  size_t at_ = 0;
};

}  // namespace corpusmill::fuzz
