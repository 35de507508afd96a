// token_trie: sorted tokens become nodes level by level; a node's children go where all of them
// fit, as near to the beginning as a few trials find.
#include "tokenizer/token_trie.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

namespace corpusmill::tokenizer {

namespace {

/// The first bytes as a number that sorts as they do.
uint64_t head(std::string_view token) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < 8; ++i) {
    bytes = bytes << 8 | (i < token.size() ? static_cast<uint8_t>(token[i]) : 0);
  }
  return bytes;
}

struct Sorted {
  uint64_t head;
  uint32_t id;
};

std::vector<Sorted> sorted(const Vocabulary& vocabulary, std::span<const uint32_t> ids) {
  std::vector<Sorted> all;
  all.reserve(ids.size());
  for (const uint32_t id : ids) all.push_back({head(vocabulary[id]), id});
  std::sort(all.begin(), all.end(), [&](const Sorted& a, const Sorted& b) {
    return a.head != b.head ? a.head < b.head : vocabulary[a.id] < vocabulary[b.id];
  });
  return all;
}

/// Which numbers are taken; none is from the end on.
class Taken {
 public:
  bool operator[](size_t i) const {
    return i / 64 < words_.size() && (words_[i / 64] >> i % 64 & 1);
  }

  void take(size_t i) {
    if (i / 64 >= words_.size()) words_.resize(2 * (i / 64) + 1);
    words_[i / 64] |= uint64_t{1} << i % 64;
  }

  /// The first that is not, of those from i on.
  size_t next_free(size_t i) const {
    size_t word = i / 64;
    if (word >= words_.size()) return i;
    uint64_t open = ~words_[word] & ~uint64_t{0} << i % 64;
    while (open == 0 && ++word < words_.size()) open = ~words_[word];
    return 64 * word + (open == 0 ? 0 : static_cast<size_t>(std::countr_zero(open)));
  }

 private:
  std::vector<uint64_t> words_;
};

}  // namespace

struct TokenTrie::Builder {
  /// A node: sorted tokens that begin alike, and where its base is to be written.
  struct Range {
    size_t begin, end;
    uint32_t depth;
    uint32_t slot;
    uint32_t found;  // the longest token on the way here
  };

  Taken slots, bases;
  size_t behind = 256;            // all slots that are taken
  std::array<size_t, 10> look{};  // by the bits of a number of labels: where to look next

  Builder() {
    for (size_t i = 0; i < 256; ++i) slots.take(i);  // children of nodes that have none: base 0
    bases.take(0);
    look.fill(256);
  }

  /// A base where there is room for a child of each label.
  uint32_t place(std::span<const uint8_t> labels) {
    const auto fits = [&](size_t base) {
      return !bases[base] && std::none_of(labels.begin(), labels.end(),
                                          [&](uint8_t label) { return slots[base + label]; });
    };
    size_t& from = look[std::bit_width(labels.size())];
    size_t slot = slots.next_free(from);
    while (!fits(slot - labels[0])) slot = slots.next_free(slot + 1);
    from = slot;
    const size_t base = slot - labels[0];
    bases.take(base);
    for (const uint8_t label : labels) slots.take(base + label);
    behind = std::max(behind, base + labels.back() + 1);
    return static_cast<uint32_t>(base);
  }
};

TokenTrie::TokenTrie(const Vocabulary& vocabulary, std::span<const uint32_t> ids)
    : tokens_(vocabulary.size()) {
  const std::vector<Sorted> all = sorted(vocabulary, ids);
  Builder builder;
  std::vector<Builder::Range> ranges{{0, all.size(), 0, 0, no_id}};
  std::vector<uint8_t> labels;
  while (!ranges.empty()) {
    const Builder::Range node = ranges.back();
    ranges.pop_back();
    size_t begin = node.begin;
    uint32_t found = node.found;
    if (vocabulary[all[begin].id].size() == node.depth) {
      const uint32_t id = all[begin++].id;
      tokens_[id] = {found, node.depth};
      nodes_[node.slot].id = found = id;
    }
    if (begin == node.end) continue;
    const auto label_of = [&](size_t i) {
      return static_cast<uint8_t>(vocabulary[all[i].id][node.depth]);
    };
    const size_t first_child = ranges.size();
    labels.clear();
    for (size_t i = begin; i < node.end; ++i) {
      if (labels.empty() || labels.back() != label_of(i)) {
        labels.push_back(label_of(i));
        ranges.push_back({i, i, node.depth + 1, 0, found});
      }
      ranges.back().end = i + 1;
    }
    const uint32_t base = builder.place(labels);
    if (base + 256 > most_nodes) {
      nodes_.clear();
      return;
    }
    if (base + 256 > nodes_.size()) nodes_.resize(2 * size_t{base} + 256);
    if (node.depth == 0) {
      root_ = base;
    } else {
      nodes_[node.slot].base_and_label |= base << label_bits;
    }
    for (size_t i = 0; i < labels.size(); ++i) {
      const uint32_t slot = base + labels[i];
      nodes_[slot].base_and_label = labels[i];
      ranges[first_child + i].slot = slot;
    }
  }
  nodes_.resize(builder.behind + 256);
}

}  // namespace corpusmill::tokenizer
