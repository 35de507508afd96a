// token_trie: the longest token that a text begins with. Knows no merges.
//
// A double array: the child of a node by byte c is at the node's base + c if it is labelled c. No
// two nodes have the same base, so the label alone tells whose child it is.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/pages.hpp"
#include "tokenizer/vocabulary.hpp"

namespace corpusmill::tokenizer {

class TokenTrie {
 public:
  TokenTrie() = default;

  /// Of these tokens, none of them empty. It stays empty if they are too many.
  TokenTrie(const Vocabulary& vocabulary, std::span<const uint32_t> ids);

  bool empty() const { return nodes_.empty(); }

  struct Match {
    uint32_t id = no_id;
    const char* end = nullptr;
  };

  /// no_id if no token begins here. Needs at < end. O(bytes of the longest token).
  Match longest(const char* at, const char* end) const {
    uint32_t base = root_;
    Match found;
    do {
      const auto byte = static_cast<uint8_t>(*at);
      const Node node = nodes_[base + byte];
      if ((node.base_and_label & label_mask) != byte) break;
      base = node.base_and_label >> label_bits;
      ++at;
      found = {node.id == no_id ? found.id : node.id, node.id == no_id ? found.end : at};
    } while (at != end);
    return found;
  }

  /// The longest token that this one begins with, other than itself; no_id if there is none.
  uint32_t shorter(uint32_t id) const { return tokens_[id].shorter; }
  uint32_t bytes(uint32_t id) const { return tokens_[id].bytes; }

 private:
  static constexpr int label_bits = 9;
  static constexpr uint32_t label_mask = (1u << label_bits) - 1;
  static constexpr uint32_t no_label = 256;
  static constexpr uint32_t most_nodes = 1u << (32 - label_bits);

  struct Node {
    uint32_t base_and_label = no_label;
    uint32_t id = no_id;  // of the token that ends here
  };
  struct Token {
    uint32_t shorter = no_id;
    uint32_t bytes = 0;
  };
  struct Builder;

  uint32_t root_ = 0;
  TableVector<Node> nodes_;
  std::vector<Token> tokens_;  // by id
};

}  // namespace corpusmill::tokenizer
