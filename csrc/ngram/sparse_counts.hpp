// sparse_counts: how often each bucket was met, where few of many are. Knows no documents.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simd/loops.hpp"

namespace corpusmill::ngram {

/// Memory: 8 bytes and a bit per bucket.
class SparseCounts {
 public:
  explicit SparseCounts(size_t buckets)
      : counts_(buckets), met_(buckets + simd::Loops::positions_room), bits_((buckets + 63) / 64) {}

  void add(std::span<const uint32_t> buckets) {
    uint32_t* const counts = counts_.data();
    uint32_t* const met = met_.data();
    size_t num = num_met_;
    for (const uint32_t bucket : buckets) {
      met[num] = bucket;  // without a branch on whether it is new, which no CPU can predict
      num += counts[bucket]++ == 0;
    }
    num_met_ = num;
  }

  size_t num_met() const { return num_met_; }

  /// Writes the num_met() buckets that were met, ascending, and their counts; forgets them.
  /// O(num_met), or O(num_met * log) where that is less than a look at a bit per bucket.
  void take(uint32_t* buckets, uint32_t* counts) {
    if (16 * num_met_ < bits_.size()) {
      std::sort(met_.begin(), met_.begin() + static_cast<std::ptrdiff_t>(num_met_));
    } else {
      for (size_t i = 0; i < num_met_; ++i) bits_[met_[i] / 64] |= uint64_t{1} << met_[i] % 64;
      simd::loops().positions(bits_.data(), bits_.size(), met_.data());
    }
    for (size_t i = 0; i < num_met_; ++i) {
      buckets[i] = met_[i];
      counts[i] = counts_[met_[i]];
      counts_[met_[i]] = 0;
    }
    num_met_ = 0;
  }

 private:
  std::vector<uint32_t> counts_;
  std::vector<uint32_t> met_;  // as they came, and room for what is written in vain
  std::vector<uint64_t> bits_;
  size_t num_met_ = 0;
};

}  // namespace corpusmill::ngram
