// text_writer: text that grows in a string that is kept, with room asked for beforehand.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

/// The string is grown by its double, so that it is longer than the text.
class TextWriter {
 public:
  explicit TextWriter(std::string& out) : out_(out) {}

  /// Where the next `bytes` go.
  char* room(size_t bytes) {
    if (out_.size() - size_ < bytes) out_.resize(std::max(out_.size() * 2, size_ + bytes));
    return out_.data() + size_;
  }

  void wrote(size_t bytes) { size_ += bytes; }
  void end_at(const char* end) { size_ = static_cast<size_t>(end - out_.data()); }
  void drop(size_t bytes) { size_ -= bytes; }
  void put(char32_t code) { wrote(text::encode(code, room(4))); }
  std::string_view view() const { return {out_.data(), size_}; }

 private:
  std::string& out_;
  size_t size_ = 0;
};

}  // namespace corpusmill::tokenizer
