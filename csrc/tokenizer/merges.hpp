// merges: which two adjacent tokens become one, and in what order. Knows no bytes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/hash.hpp"
#include "core/pages.hpp"

namespace corpusmill::tokenizer {

constexpr uint32_t no_rank = 0xffffffffu;

/// Of all pairs that can be merged the one of least rank is, the leftmost of several.
struct Merge {
  uint32_t rank = no_rank;
  uint32_t id = 0;  // of the token that the pair becomes
};

/// Pairs of ids, in a table of open addressing that is at most half full. Most pairs that are asked
/// for are not there: of those a few bits say so, which are near in memory.
class Merges {
 public:
  explicit Merges(size_t expected);

  /// Of a pair that is there already the merge of less rank stays.
  void add(uint32_t left, uint32_t right, Merge merge);

  /// rank is no_rank if the two do not merge.
  Merge find(uint32_t left, uint32_t right) const {
    const uint64_t pair = key(left, right), hash = mix(pair);
    if ((bits_[bit(hash) / 64] >> bit(hash) % 64 & 1) == 0) return {};
    for (size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].pair == pair || slots_[at].pair == free_slot) return slots_[at].merge;
    }
  }

 private:
  static constexpr uint64_t free_slot = ~uint64_t{0};
  static constexpr size_t bits_per_slot = 8;

  struct Slot {
    uint64_t pair = free_slot;
    Merge merge;
  };

  static uint64_t key(uint32_t left, uint32_t right) { return uint64_t{left} << 32 | right; }
  size_t place(uint64_t pair) const { return mix(pair) & (slots_.size() - 1); }
  size_t bit(uint64_t hash) const { return hash >> 32 & (bits_per_slot * slots_.size() - 1); }
  void set_bit(uint64_t pair);
  void grow();

  TableVector<Slot> slots_;
  std::vector<uint64_t> bits_;  // a hash of each pair sets one
  size_t size_ = 0;
};

}  // namespace corpusmill::tokenizer
