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

namespace corpusmill::tokenizer {

/// Unchanging once made, so shared by threads.
class LongestMatch {
 public:
  /// Token i is bytes[offsets[i]] to before bytes[offsets[i + 1]]; of an empty one there is none.
  /// Within a word only those match that begin with `prefix`, without it; at its beginning any as
  /// it is. Throws std::invalid_argument if two are the same or all are too many bytes.
  /// O(bytes) time and memory.
  LongestMatch(std::string_view bytes, std::span<const int64_t> offsets, std::string_view prefix);

  /// Appends the tokens of a word that is not empty. False, and nothing, if it has none.
  bool append(std::string_view word, std::vector<uint32_t>& ids) const;

 private:
  static constexpr uint32_t nowhere = 0xffffffffu;
  static constexpr uint32_t at_word = 0, within_word = 1;  // the two roots
  static constexpr uint32_t no_list = 0;

  /// Token ids as a list from the last to the first, which shares its beginning with others.
  struct Listed {
    uint32_t before;
    uint32_t id;
  };

  /// What follows if a character is next that no edge is for: the tokens that are certain now, and
  /// where the rest of the text leads.
  struct Node {
    uint32_t tokens = no_list;
    uint32_t rest = nowhere;  // no token: the word has none
  };

  struct Building;

  uint32_t next(uint32_t node, char byte) const {
    const uint32_t key = node << 8 | static_cast<uint8_t>(byte);
    for (size_t at = place(key);; at = (at + 1) & (edges_.size() - 1)) {
      if (edges_[at].key == key || edges_[at].to == nowhere) return edges_[at].to;
    }
  }

  struct Edge {
    uint32_t key = 0;  // node << 8 | byte
    uint32_t to = nowhere;
  };

  size_t place(uint32_t key) const {
    return (key * 0x9e3779b97f4a7c15u >> 32) & (edges_.size() - 1);
  }
  void add_edge(uint32_t node, char byte, uint32_t to);
  void grow();
  void insert(Building& all, uint32_t root, std::string_view token, uint32_t id);
  void link(Building& all, uint32_t node);
  void append_list(uint32_t list, std::vector<uint32_t>& ids) const;

  std::vector<Node> nodes_;
  std::vector<Listed> lists_;
  TableVector<Edge> edges_;  // open addressing, at most half full
  size_t num_edges_ = 0;
};

}  // namespace corpusmill::tokenizer
