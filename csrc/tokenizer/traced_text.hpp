// traced_text: where rules write the text they make of another: as it is, or with what of the other
// each byte stands for. Knows no rules.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "tokenizer/beginning.hpp"
#include "tokenizer/model.hpp"

namespace corpusmill::tokenizer {

/// The text alone.
struct PlainText {
  std::string& text;
  Beginning beginning;

  /// A part of the other that stays what it is.
  void copy(std::string_view part) {
    beginning.copy(part);
    text.append(part);
  }
  /// What a part of it becomes: itself, something else, nothing.
  void change(std::string_view part, std::string_view made) {
    beginning.change(part, made);
    text.append(made);
  }
  /// What is of no part, and stands before `at`.
  void insert(const char* at, std::string_view made) {
    beginning.insert(at, made);
    text.append(made);
  }
};

/// The text and its origins in the other, `from`.
class TracedText {
 public:
  TracedText(std::string_view from, std::string& out, Beginning followed)
      : text(out), beginning(followed), from_(from.data()) {}

  void copy(std::string_view part) {
    beginning.copy(part);
    put_same(part);
  }
  void change(std::string_view part, std::string_view made) {
    beginning.change(part, made);
    if (made == part) {
      put_same(part);
    } else {
      put(place(part.data()), part.size(), made);
    }
  }
  void change_more(std::string_view part, std::string_view made) {
    beginning.change_more(part, made);
    put(place(part.data()), part.size(), made);
  }
  void insert(const char* at, std::string_view made) {
    beginning.insert(at, made);
    put(place(at), 0, made);
  }

  /// Of the text so far.
  Origins take() { return std::move(origins_); }

  std::string& text;
  Beginning beginning;

 private:
  size_t place(const char* at) const { return static_cast<size_t>(at - from_); }
  void put_same(std::string_view part) {
    const size_t begin = place(part.data());
    for (size_t i = 0; i < part.size(); ++i) add(begin + i, begin + i + 1);
    text.append(part);
  }
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
