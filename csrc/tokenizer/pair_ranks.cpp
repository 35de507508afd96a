// pair_ranks: filling the table.
#include "tokenizer/pair_ranks.hpp"

#include <algorithm>
#include <stdexcept>

namespace corpusmill::tokenizer {

PairRanks::PairRanks(size_t num_ids, size_t expected)
    : id_bits_(static_cast<int>(std::bit_width(num_ids))),
      pair_mask_((uint64_t{1} << 2 * id_bits_) - 1) {
  const int line_bits = static_cast<int>(std::bit_width(2 * expected / per_line));
  low_bits_ = std::clamp(2 * id_bits_ - line_bits, 0, tag_bits);
  make_lines();
}

void PairRanks::add(uint32_t left, uint32_t right, Merge merge) {
  if (!ids_.empty() || merge.id != merge.rank) {
    while (ids_.size() <= merge.rank) ids_.push_back(static_cast<uint32_t>(ids_.size()));
    ids_[merge.rank] = merge.id;
  }
  if (2 * (size_ + 1) > per_line * lines_.size()) grow();
  while (!put(scrambled(left, right), merge.rank)) grow();
}

void PairRanks::make_lines() {
  lines_ = TableVector<Line>(size_t{1} << (2 * id_bits_ - low_bits_));
  size_ = 0;
  bit_shift_ = std::max(low_bits_ - 6, 0);
  bits_.assign(((uint64_t{1} << (2 * id_bits_ - bit_shift_)) + 63) / 64, 0);
}

/// Whether there was room for it near its line.
bool PairRanks::put(uint64_t pair, uint32_t rank) {
  for (uint32_t further = 0; further <= most_further; ++further) {
    Line& line = lines_[(place(pair) + further) & (lines_.size() - 1)];
    const uint32_t tag = tag_of(pair, further);
    for (size_t i = 0; i < per_line; ++i) {
      if (line.tags[i] == tag) {
        line.ranks[i] = std::max(line.ranks[i], ~rank);
        return true;
      }
      if (line.tags[i] == 0) {
        line.tags[i] = tag;
        line.ranks[i] = ~rank;
        ++size_;
        const size_t bit = pair >> bit_shift_;
        bits_[bit / 64] |= uint64_t{1} << bit % 64;
        return true;
      }
    }
  }
  return false;
}

void PairRanks::grow() {
  struct Pair {
    uint64_t pair;
    uint32_t rank;
  };
  std::vector<Pair> all;
  for (size_t at = 0; at < lines_.size(); ++at) {
    for (size_t i = 0; i < per_line; ++i) {
      const uint32_t tag = lines_[at].tags[i];
      if (tag == 0) continue;
      const size_t own = (at - (tag >> 1 & most_further)) & (lines_.size() - 1);
      all.push_back({uint64_t{own} << low_bits_ | tag >> 4, ~lines_[at].ranks[i]});
    }
  }
  const size_t most_lines = 4096 + sparsest * (all.size() / per_line);
  do {
    --low_bits_;
    if (size_t{1} << (2 * id_bits_ - low_bits_) > most_lines) {
      throw std::invalid_argument(
          "the merges of this vocabulary fall onto one another in our table, as if made to; it "
          "cannot be loaded");
    }
    make_lines();
  } while (!std::ranges::all_of(all, [&](const Pair& p) { return put(p.pair, p.rank); }));
}

}  // namespace corpusmill::tokenizer
