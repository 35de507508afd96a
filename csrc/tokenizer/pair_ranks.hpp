// pair_ranks: when two adjacent tokens become one, and which, if the rank alone tells it. Knows no
// bytes.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/pages.hpp"
#include "tokenizer/merges.hpp"

namespace corpusmill::tokenizer {

/// Pairs of ids, in a table of lines of memory that are at most half full: one line tells whether a
/// pair is there, without a branch. A pair is scrambled, and no two to the same number; the
/// number's high bits are that of the line, so the low ones are enough to know the pair by.
class PairRanks {
 public:
  /// Of ids below num_ids, which are at most 2**24. expected: pairs.
  PairRanks(size_t num_ids, size_t expected);

  /// Of a pair that is there already the merge of less rank stays. A rank makes one id.
  /// std::invalid_argument if pairs are such that the table would have to be nearly empty.
  void add(uint32_t left, uint32_t right, Merge merge);

  /// no_rank if the two do not merge, as most do not: of those a few bits say so, which are near in
  /// memory.
  uint32_t rank(uint32_t left, uint32_t right) const {
    const uint64_t pair = scrambled(left, right);
    const size_t bit = pair >> bit_shift_;
    return (bits_[bit / 64] >> bit % 64 & 1) == 0 ? no_rank : answer(pair);
  }

  /// The same in two steps, so that something else can be done while memory is asked.
  uint64_t ask(uint32_t left, uint32_t right) const {
    const uint64_t pair = scrambled(left, right);
    __builtin_prefetch(&lines_[place(pair)]);
    return pair;
  }
  uint32_t answer(uint64_t asked) const {
    for (uint32_t further = 0; further <= most_further; ++further) {
      const Line& line = lines_[(place(asked) + further) & (lines_.size() - 1)];
      const uint32_t tag = tag_of(asked, further);
      uint32_t found = 0;
      for (size_t i = 0; i < per_line; ++i) found |= line.tags[i] == tag ? line.ranks[i] : 0;
      if (found != 0 || line.tags[per_line - 1] == 0) return ~found;
    }
    return no_rank;
  }

  uint32_t id_of(uint32_t rank) const { return ids_.empty() ? rank : ids_[rank]; }

  Merge find(uint32_t left, uint32_t right) const {
    const uint32_t of_pair = rank(left, right);
    return of_pair == no_rank ? Merge{} : Merge{of_pair, id_of(of_pair)};
  }

  /// An id that merges with no other.
  uint32_t stranger() const { return (1u << id_bits_) - 1; }

 private:
  static constexpr size_t per_line = 8;
  static constexpr int tag_bits = 28;
  static constexpr uint32_t most_further = 7;  // lines, of an entry whose own is full
  static constexpr size_t sparsest = 64;       // lines, of those that would be enough

  struct alignas(64) Line {
    uint32_t tags[per_line];   // low bits of the pair, how many lines further, 1; 0: free
    uint32_t ranks[per_line];  // with all bits turned over, so that 0 is none
  };

  uint64_t scrambled(uint32_t left, uint32_t right) const {
    uint64_t pair = uint64_t{left} << id_bits_ | right;
    pair = pair * 0xd6e8feb86659fd93u & pair_mask_;
    pair ^= pair >> id_bits_;
    return pair * 0x9e3779b97f4a7c15u & pair_mask_;
  }
  size_t place(uint64_t pair) const { return pair >> low_bits_; }
  uint32_t tag_of(uint64_t pair, uint32_t further) const {
    return static_cast<uint32_t>(pair & ((uint64_t{1} << low_bits_) - 1)) << 4 | further << 1 | 1;
  }
  bool put(uint64_t pair, uint32_t rank);
  void grow();
  void make_lines();

  int id_bits_;
  int low_bits_;  // of a pair, that do not tell its line
  int bit_shift_;
  uint64_t pair_mask_;
  TableVector<Line> lines_;
  std::vector<uint64_t> bits_;  // the high bits of each pair set one
  std::vector<uint32_t> ids_;   // by rank; empty: it is the rank
  size_t size_ = 0;
};

}  // namespace corpusmill::tokenizer
