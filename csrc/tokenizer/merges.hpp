// merges: which two adjacent tokens become one, and in what order. Knows no bytes.
#pragma once
#include <cstdint>

#include "core/hash.hpp"
#include "core/pages.hpp"

namespace corpusmill::tokenizer {

constexpr uint32_t no_rank = 0xffffffffu;

/// Of all pairs that can be merged the one of least rank is, the leftmost of several.
struct Merge {
  uint32_t rank = no_rank;
  uint32_t id = 0;  // of the token that the pair becomes
};

/// Pairs of ids, in a table of open addressing that is at most half full.
class Merges {
 public:
  explicit Merges(size_t expected);

  /// Of a pair that is there already the merge of less rank stays.
  void add(uint32_t left, uint32_t right, Merge merge);

  /// rank is no_rank if the two do not merge.
  Merge find(uint32_t left, uint32_t right) const {
    const uint64_t pair = key(left, right);
    for (size_t at = place(pair);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].pair == pair || slots_[at].pair == free_slot) return slots_[at].merge;
    }
  }

 private:
  static constexpr uint64_t free_slot = ~uint64_t{0};

  struct Slot {
    uint64_t pair = free_slot;
    Merge merge;
  };

  static uint64_t key(uint32_t left, uint32_t right) { return uint64_t{left} << 32 | right; }
  size_t place(uint64_t pair) const { return mix(pair) & (slots_.size() - 1); }
  void grow();

  TableVector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace corpusmill::tokenizer
