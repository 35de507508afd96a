// traced_text: where rules write the text they make of another: as it is, or with what of the other
// each byte stands for. Knows no rules.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "tokenizer/model.hpp"

namespace corpusmill::tokenizer {

/// The text alone.
struct PlainText {
  std::string& text;

  /// A part of the other that stays what it is.
  void copy(std::string_view part) { text.append(part); }
  /// What a part of it becomes: itself, something else, nothing.
  void change(std::string_view /*part*/, std::string_view made) { text.append(made); }
  /// What is of no part, and stands before `at`.
  void insert(const char* /*at*/, std::string_view made) { text.append(made); }
};

/// The text and its origins in the other, `from`.
class TracedText {
 public:
  TracedText(std::string_view from, std::string& out) : text(out), from_(from.data()) {}

  void copy(std::string_view part) {
    const size_t begin = place(part.data());
    for (size_t i = 0; i < part.size(); ++i) add(begin + i, begin + i + 1);
    text.append(part);
  }
  void change(std::string_view part, std::string_view made) {
    if (made == part) {
      copy(part);
    } else {
      put(place(part.data()), part.size(), made);
    }
  }
  void insert(const char* at, std::string_view made) { put(place(at), 0, made); }

  /// Of the text so far.
  Origins take() { return std::move(origins_); }

  std::string& text;

 private:
  size_t place(const char* at) const { return static_cast<size_t>(at - from_); }
  void put(size_t begin, size_t size, std::string_view made) {
    for (size_t i = 0; i < made.size(); ++i) add(begin, begin + size);
    text.append(made);
  }
  void add(size_t begin, size_t end) {
    origins_.begins.push_back(begin);
    origins_.ends.push_back(end);
  }

  const char* from_;
  Origins origins_;
};

}  // namespace corpusmill::tokenizer
