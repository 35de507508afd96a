// library_charsmap: a charsmap of SentencePiece as the library tokenizers goes by it, which is not
// as SentencePiece does: of a grapheme of less than six bytes the shortest key that it begins with
// tells what all of it becomes; of another each character for itself.
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/library_characters.hpp"
#include "tokenizer/trie.hpp"

namespace corpusmill::tokenizer {

/// Unchanging once made, so shared by threads.
class LibraryCharsmap {
 public:
  /// Throws std::invalid_argument if it is damaged.
  explicit LibraryCharsmap(std::string_view charsmap);

  /// Writes what a text in UTF-8 becomes into a PlainText or TracedText. Linear time.
  template <class Out>
  void append(std::string_view text, Out& out) const;

 private:
  const std::string* becomes(const char* at, const char* end) const;
  template <class Out>
  const char* append_ascii(const char* at, const char* stop, const char* end, Out& out) const;
  template <class Out>
  void append_grapheme(const char* at, const char* end, Out& out) const;

  const LibraryCharacters* characters_;
  Trie keys_;
  std::vector<std::string> becomes_;
  std::array<bool, 128> is_key_{};  // of one character of ASCII
};

}  // namespace corpusmill::tokenizer
