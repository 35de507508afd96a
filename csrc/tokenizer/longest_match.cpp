// longest_match: the trie first, then its links from the roots outwards.
#include "tokenizer/longest_match.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace corpusmill::tokenizer {

namespace {

constexpr size_t most_nodes = (size_t{1} << 24) - 1;  // a node and a byte are 32 bits

}  // namespace

/// What of nodes matters only until all have their links.
struct LongestMatch::Building {
  struct Made {
    uint32_t parent;
    uint32_t depth;
    uint32_t id;  // of the token that ends here
    char byte;
  };

  std::vector<Made> made;
  std::vector<uint32_t> tokens;  // room for link()
};

LongestMatch::LongestMatch(std::string_view bytes, std::span<const int64_t> offsets,
                           std::string_view prefix)
    : edges_(64) {
  Building all;
  for (const uint32_t root : {at_word, within_word}) all.made.push_back({root, 0, no_id, 0});
  for (uint32_t id = 0; id + 1 < offsets.size(); ++id) {
    const auto begin = static_cast<size_t>(offsets[id]);
    const std::string_view token =
        bytes.substr(begin, static_cast<size_t>(offsets[id + 1]) - begin);
    insert(all, at_word, token, id);
    if (token.starts_with(prefix)) insert(all, within_word, token.substr(prefix.size()), id);
  }
  std::vector<uint32_t> by_depth(all.made.size());
  std::iota(by_depth.begin(), by_depth.end(), 0u);
  std::ranges::sort(by_depth, {},
                    [&](uint32_t node) { return std::pair(all.made[node].depth, node); });
  nodes_.resize(all.made.size());
  lists_.push_back({no_list, no_id});
  for (const uint32_t node : by_depth) {
    if (node != at_word && node != within_word) link(all, node);
  }
}

void LongestMatch::insert(Building& all, uint32_t root, std::string_view token, uint32_t id) {
  if (token.empty()) return;
  uint32_t node = root;
  for (const char byte : token) {
    uint32_t to = next(node, byte);
    if (to == nowhere) {
      if (all.made.size() == most_nodes) {
        throw std::invalid_argument("the tokens are more than 16,777,215 bytes");
      }
      to = static_cast<uint32_t>(all.made.size());
      all.made.push_back({node, all.made[node].depth + 1, no_id, byte});
      add_edge(node, byte, to);
    }
    node = to;
  }
  uint32_t& its_id = all.made[node].id;
  if (its_id != no_id) {
    throw std::invalid_argument("tokens " + std::to_string(its_id) + " and " + std::to_string(id) +
                                " are the same");
  }
  its_id = id;
}

/// The text on the way to a token is that token. That to another node is what its parent knows to
/// be certain, and a rest; the rest goes on by this byte, maybe after more tokens of it are
/// certain.
void LongestMatch::link(Building& all, uint32_t node) {
  const Building::Made& made = all.made[node];
  if (made.id != no_id) {
    nodes_[node] = {static_cast<uint32_t>(lists_.size()), within_word};
    lists_.push_back({no_list, made.id});
    return;
  }
  uint32_t list = nodes_[made.parent].tokens;
  uint32_t rest = nodes_[made.parent].rest;
  uint32_t to = nowhere;
  while (rest != nowhere && (to = next(rest, made.byte)) == nowhere) {
    all.tokens.clear();
    append_list(nodes_[rest].tokens, all.tokens);
    for (const uint32_t id : all.tokens) {
      lists_.push_back({list, id});
      list = static_cast<uint32_t>(lists_.size() - 1);
    }
    rest = nodes_[rest].rest;
  }
  if (to != nowhere) nodes_[node] = {list, to};
}

bool LongestMatch::append(std::string_view word, std::vector<uint32_t>& ids) const {
  const size_t before = ids.size();
  uint32_t node = at_word;
  const auto fall = [&] {
    if (nodes_[node].rest == nowhere) return false;
    append_list(nodes_[node].tokens, ids);
    node = nodes_[node].rest;
    return true;
  };
  const auto found = [&] {
    for (const char byte : word) {
      uint32_t to;
      while ((to = next(node, byte)) == nowhere) {
        if (!fall()) return false;
      }
      node = to;
    }
    while (node != within_word) {
      if (!fall()) return false;
    }
    return true;
  };
  if (found()) return true;
  ids.resize(before);
  return false;
}

void LongestMatch::append_list(uint32_t list, std::vector<uint32_t>& ids) const {
  const auto first = static_cast<std::ptrdiff_t>(ids.size());
  for (; list != no_list; list = lists_[list].before) ids.push_back(lists_[list].id);
  std::reverse(ids.begin() + first, ids.end());
}

void LongestMatch::add_edge(uint32_t node, char byte, uint32_t to) {
  if (2 * (num_edges_ + 1) > edges_.size()) grow();
  const uint32_t key = node << 8 | static_cast<uint8_t>(byte);
  size_t at = place(key);
  while (edges_[at].to != nowhere) at = (at + 1) & (edges_.size() - 1);
  edges_[at] = {key, to};
  ++num_edges_;
}

void LongestMatch::grow() {
  TableVector<Edge> old(2 * edges_.size());
  old.swap(edges_);
  num_edges_ = 0;
  for (const Edge& edge : old) {
    if (edge.to != nowhere) add_edge(edge.key >> 8, static_cast<char>(edge.key), edge.to);
  }
}

}  // namespace corpusmill::tokenizer
