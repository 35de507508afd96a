// repeat_sketch: which of many things came more than once, by their hashes alone: all that did, and
// a few others. What it says no to came once.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace corpusmill::ngram {

/// Eight counters of two bits for each thing, that is, two bytes.
class RepeatSketch {
 public:
  /// Empty, for so many things.
  void reset(size_t expected) {
    const size_t num_words = std::bit_ceil(std::max<size_t>(expected / 4, 2));
    words_.assign(num_words, 0);
    shift_ = 64 - std::countr_zero(num_words);
    repeated_ = 0;
  }

  void add(uint64_t hash, bool more_than_once) {
    uint64_t& word = words_[hash >> shift_];
    const uint64_t before = word >> place(hash);
    const uint64_t repeated = (before & 1) | (more_than_once ? 1 : 0);
    word |= (uint64_t{1} | repeated << 1) << place(hash);
    repeated_ += static_cast<size_t>(repeated & ~(before >> 1) & 1);
  }

  bool may_repeat(uint64_t hash) const { return (words_[hash >> shift_] >> place(hash) & 2) != 0; }

  /// About how many different things came more than once.
  size_t repeated() const { return repeated_; }

 private:
  static int place(uint64_t hash) { return static_cast<int>(hash & 31) * 2; }

  std::vector<uint64_t> words_;
  int shift_ = 63;
  size_t repeated_ = 0;
};

}  // namespace corpusmill::ngram
