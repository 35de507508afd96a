// longest_match: a word as tokens, each the longest that begins where the one before ended. Linear
// time whatever the vocabulary, by a trie whose failure links tell what was matched already and
// what of the text is left over: Song et al., "Fast WordPiece Tokenization" (2021). Cuts no words.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/pages.hpp"
#include "tokenizer/model.hpp"
#include "tokenizer/trie.hpp"

namespace corpusmill::tokenizer {

/// Unchanging once made, so shared by threads.
class LongestMatch {
 public:
  /// Token i is bytes[offsets[i]] to before bytes[offsets[i + 1]]; of an empty one there is none.
  /// Within a word only those match that begin with `prefix`, without it; at its beginning any as
  /// it is. Throws std::invalid_argument if two are the same, as Trie does if they take too much.
  /// O(bytes * log tokens) time, O(bytes) memory.
  LongestMatch(std::string_view bytes, std::span<const int64_t> offsets, std::string_view prefix);

  /// Appends the tokens of a word that is not empty. False, and nothing, if it has none.
  bool append(std::string_view word, std::vector<uint32_t>& ids) const;

 private:
  static constexpr uint32_t nowhere = 0xffffffffu;
  static constexpr uint32_t no_list = 0;

  /// Token ids as a list from the last to the first, which shares its beginning with others.
  struct Listed {
    uint32_t before;
    uint32_t id;
  };

  /// What follows at a place of the trie if a character is next that does not go on from it: the
  /// tokens that are certain now, and where the rest of the text leads.
  struct Node {
    uint32_t tokens = no_list;
    uint32_t rest = nowhere;  // no token: the word has none
  };

  struct Key;

  void link(const std::vector<Key>& keys);
  void link(uint32_t parent, char byte, uint32_t place);
  void append_list(uint32_t list, std::vector<uint32_t>& ids) const;

  Trie
      trie_;  // of tokens at the beginning of a word, and within one, each behind a byte of its own
  uint32_t at_word_ = nowhere, within_word_ = nowhere;  // behind that byte
  TableVector<Node> nodes_;                             // by places
  std::vector<Listed> lists_;
};

}  // namespace corpusmill::tokenizer
