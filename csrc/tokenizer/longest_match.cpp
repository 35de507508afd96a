// longest_match: the trie first, then its links from the roots outwards.
#include "tokenizer/longest_match.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace corpusmill::tokenizer {

namespace {

constexpr char at_beginning = 0, within = 1;  // before each key

}  // namespace

struct LongestMatch::Key {
  std::string text;
  uint32_t id;
};

LongestMatch::LongestMatch(std::string_view bytes, std::span<const int64_t> offsets,
                           std::string_view prefix) {
  std::vector<Key> keys{{{at_beginning}, Trie::none}, {{within}, Trie::none}};
  const auto add = [&](char root, std::string_view text, uint32_t id) {
    if (!text.empty()) keys.push_back({root + std::string(text), id});
  };
  for (uint32_t id = 0; id + 1 < offsets.size(); ++id) {
    const auto begin = static_cast<size_t>(offsets[id]);
    const std::string_view token =
        bytes.substr(begin, static_cast<size_t>(offsets[id + 1]) - begin);
    add(at_beginning, token, id);
    if (token.starts_with(prefix)) add(within, token.substr(prefix.size()), id);
  }
  std::ranges::sort(keys, [](const Key& a, const Key& b) {
    const int order = a.text.compare(b.text);
    return order != 0 ? order < 0 : a.id < b.id;
  });
  std::vector<std::string_view> texts;
  std::vector<uint32_t> ids;
  for (const Key& key : keys) {
    if (!texts.empty() && texts.back() == key.text) {
      throw std::invalid_argument("tokens " + std::to_string(ids.back()) + " and " +
                                  std::to_string(key.id) + " are the same");
    }
    texts.emplace_back(key.text);
    ids.push_back(key.id);
  }
  trie_ = Trie(texts, ids);
  link(keys);
}

/// All places, those that are nearer to their roots first.
void LongestMatch::link(const std::vector<Key>& keys) {
  lists_.push_back({no_list, no_id});
  nodes_.resize(trie_.num_places());
  at_word_ = within_word_ = Trie::root;
  trie_.step(at_word_, at_beginning);
  trie_.step(within_word_, within);
  struct Open {
    const Key* key;
    uint32_t place;
  };
  std::vector<Open> open;  // keys that go on
  open.reserve(keys.size());
  for (const Key& key : keys) {
    open.push_back({&key, key.text[0] == within ? within_word_ : at_word_});
  }
  for (size_t depth = 1; !open.empty(); ++depth) {
    std::erase_if(open, [&](const Open& each) { return each.key->text.size() == depth; });
    uint32_t last = nowhere;  // keys are in order, so those of one place are side by side
    for (Open& each : open) {
      const uint32_t parent = each.place;
      const char byte = each.key->text[depth];
      trie_.step(each.place, byte);
      if (each.place != last) link(parent, byte, each.place);
      last = each.place;
    }
  }
}

/// The text on the way to a token is that token. That to another place is what its parent knows to
/// be certain, and a rest; the rest goes on by this byte, maybe after more tokens of it are
/// certain.
void LongestMatch::link(uint32_t parent, char byte, uint32_t place) {
  if (const uint32_t id = trie_.number(place); id != Trie::none) {
    nodes_[place] = {static_cast<uint32_t>(lists_.size()), within_word_};
    lists_.push_back({no_list, id});
    return;
  }
  uint32_t list = nodes_[parent].tokens;
  uint32_t rest = nodes_[parent].rest;
  std::vector<uint32_t> tokens;
  while (rest != nowhere) {
    uint32_t to = rest;
    if (trie_.step(to, byte)) {
      nodes_[place] = {list, to};
      return;
    }
    tokens.clear();
    append_list(nodes_[rest].tokens, tokens);
    for (const uint32_t id : tokens) {
      lists_.push_back({list, id});
      list = static_cast<uint32_t>(lists_.size() - 1);
    }
    rest = nodes_[rest].rest;
  }
}

bool LongestMatch::append(std::string_view word, std::vector<uint32_t>& ids) const {
  const size_t before = ids.size();
  uint32_t place = at_word_;
  const auto fall = [&] {
    const Node& node = nodes_[place];
    if (node.rest == nowhere) return false;
    append_list(node.tokens, ids);
    place = node.rest;
    return true;
  };
  const auto found = [&] {
    for (const char byte : word) {
      while (!trie_.step(place, byte)) {
        if (!fall()) return false;
      }
    }
    while (place != within_word_) {
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

}  // namespace corpusmill::tokenizer
