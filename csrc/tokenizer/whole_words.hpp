// whole_words: words that become a token by being spelled like it, however their parts would merge:
// which they are, and where words end where some do. Merges nothing.
// Source: tokenizers 0.23.3, ignore_merges of models/bpe; Metaspace.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "tokenizer/model.hpp"
#include "tokenizer/spellings.hpp"
#include "tokenizer/trie.hpp"

namespace corpusmill::tokenizer {

class WholeWords {
 public:
  /// None.
  WholeWords() = default;

  /// is_whole: of each text whether it is one; nothing: none. begin_at_spaces: a word is from a
  /// U+2581 to the next, else all of a text.
  WholeWords(const Spellings& texts, std::span<const uint8_t> is_whole, bool begin_at_spaces);

  bool empty() const { return ids_.empty(); }

  /// no_id: it is none.
  uint32_t operator()(std::string_view word) const {
    const auto found = ids_.longest(word.data(), word.data() + word.size());
    return found.size == word.size() ? found.number : no_id;
  }

  /// As Model::cut. Words are cut no further: a part of one may be spelled like a token, too.
  size_t cut(std::string_view text, const char* at, std::span<const char*> ends) const;

 private:
  Trie ids_;
  bool begin_at_spaces_ = false;
};

}  // namespace corpusmill::tokenizer
