// python_tokens: the tokens that Python's str.lower followed by a regular expression or str.split
// gives, for methods that were published so. Not what "word" means elsewhere (see words.hpp).
//
// Lower case is full: U+0130 becomes two characters, and U+03A3 at the end of a word the final
// sigma. Character properties are those of unicode_tables.hpp, whatever Unicode a Python has. A
// byte that is no part of well-formed UTF-8, which no Python string holds, is neither \w nor \s.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace corpusmill::text {

enum class PythonCut : uint8_t {
  wordpunct,   // re.findall(r"\w+|[^\w\s]+", document.lower())
  whitespace,  // document.lower().split()
};

/// Walks a document token by token. Linear time, memory for the longest token; keeps its buffer.
class PythonTokens {
 public:
  static constexpr size_t readable_after = 64;

  explicit PythonTokens(PythonCut cut) : cut_(cut), token_(1024) {}

  void begin(std::string_view document);

  /// The next token; empty at the end of the document. Valid until the next call, and
  /// readable_after bytes after it can be read.
  std::string_view next();

 private:
  enum Class : uint8_t { space, word, other };

  bool take_ascii();
  bool take(char32_t code);
  Class class_of(char32_t code) const;
  bool is_final_sigma(const char* sigma) const;
  void grow();

  PythonCut cut_;
  Class open_ = space;  // of the token that is being read; space: none is
  std::vector<char> token_;
  size_t size_ = 0;  // of that token
  const char* first_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  bool dot_pending_ = false;  // the second character of a lowered U+0130 is still to be taken
};

/// Calls sink(const char* token, size_t size) for each token of a document, in order.
template <class Sink>
void for_each_token(std::string_view document, PythonTokens& tokens, Sink&& sink) {
  tokens.begin(document);
  for (std::string_view token; !(token = tokens.next()).empty();) sink(token.data(), token.size());
}

}  // namespace corpusmill::text
