// trie: units are given out among those of the last blocks that are free, level by level.
#include "tokenizer/trie.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace corpusmill::tokenizer {

/// Keys from `first` to before `last` begin alike up to `depth`, which is where `place` stands.
struct Branch {
  uint32_t place;
  size_t first, last, depth;
};

class TrieMaker {
 public:
  explicit TrieMaker(TableVector<Trie::Unit>& units) : units_(units) { grow(); }

  void add_children(const Branch& branch, std::span<const std::string_view> keys,
                    std::span<const uint32_t> numbers, std::vector<Branch>& more) {
    size_t first = branch.first;
    if (keys[first].size() == branch.depth) units_[branch.place].number = numbers[first++];
    labels_.clear();
    const size_t begin = more.size();
    while (first < branch.last) {
      const auto label = static_cast<uint8_t>(keys[first][branch.depth]);
      size_t last = first + 1;
      while (last < branch.last && static_cast<uint8_t>(keys[last][branch.depth]) == label) ++last;
      labels_.push_back(label);
      more.push_back({0, first, last, branch.depth + 1});
      first = last;
    }
    if (labels_.empty()) return;
    const uint32_t base = find_base();
    is_base_[base] = true;
    units_[branch.place].link |= base << Trie::label_bits;
    for (size_t i = 0; i < labels_.size(); ++i) {
      const uint32_t child = base ^ labels_[i];
      units_[child].link = labels_[i];
      used_[child / 64] |= uint64_t{1} << child % 64;
      more[begin + i].place = child;
    }
  }

 private:
  static constexpr size_t words_in_block = Trie::block / 64;
  static constexpr size_t blocks_looked_at = 16;

  bool is_free(uint32_t unit) const { return (used_[unit / 64] >> unit % 64 & 1) == 0; }

  bool fits(uint32_t base) const {
    const auto is_left = [&](uint8_t label) { return is_free(base ^ label); };
    return !is_base_[base] && std::ranges::all_of(labels_, is_left);
  }

  uint32_t find_base() {
    for (;; ++first_word_) {  // past what is full
      if (first_word_ == used_.size()) grow();
      if (used_[first_word_] != ~uint64_t{0}) break;
    }
    for (size_t word = first_word_;; ++word) {
      if (word == used_.size()) grow();
      for (uint64_t left = ~used_[word]; left != 0; left &= left - 1) {
        const auto unit =
            static_cast<uint32_t>(word * 64 + static_cast<size_t>(std::countr_zero(left)));
        if (fits(unit ^ labels_[0])) return unit ^ labels_[0];
      }
    }
  }

  void grow() {
    const size_t size = units_.size() + Trie::block;
    if (size > size_t{1} << (32 - Trie::label_bits)) {
      throw std::length_error("the tokens are too many and too long for a table of them");
    }
    units_.resize(size);
    is_base_.resize(size);
    const bool is_first = used_.empty();
    used_.resize(size / 64);
    if (is_first) std::fill_n(used_.begin(), words_in_block, ~uint64_t{0});
    const size_t looked_at = blocks_looked_at * words_in_block;
    if (used_.size() > looked_at) first_word_ = std::max(first_word_, used_.size() - looked_at);
  }

  TableVector<Trie::Unit>& units_;
  std::vector<uint64_t> used_;
  std::vector<bool> is_base_;
  std::vector<uint8_t> labels_;
  size_t first_word_ = 0;
};

Trie::Trie(std::span<const std::string_view> keys, std::span<const uint32_t> numbers) : Trie() {
  if (keys.empty()) return;
  TrieMaker maker(units_);
  std::vector<Branch> branches{{root, 0, keys.size(), 0}};
  for (size_t i = 0; i < branches.size(); ++i) {
    const Branch branch = branches[i];
    maker.add_children(branch, keys, numbers, branches);
  }
}

}  // namespace corpusmill::tokenizer
