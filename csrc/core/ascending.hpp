// ascending: numbers that come in any order and are read from the least to the largest; in memory
// while they fit, then in a scratch file.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/partitions.hpp"
#include "core/radix_sort.hpp"

namespace corpusmill {

/// First all are added, then read, each once. Sorted part by part, so that numbers below `end`
/// should be spread about evenly.
class Ascending {
 public:
  /// end: above every number; expected: about how many will come.
  Ascending(uint64_t end, size_t expected, size_t memory, ScratchFile& scratch)
      : shift_(std::countl_zero(end)), parts_(expected, memory, scratch) {}

  void add(uint64_t number) {
    parts_.add(number << shift_, number);
    ++size_;
  }

  size_t size() const { return size_; }

  /// Appends to `out` the unread numbers below `end`.
  void read_below(uint64_t end, std::vector<uint64_t>& out) {
    while (true) {
      const auto stop =
          std::lower_bound(part_.begin() + static_cast<std::ptrdiff_t>(at_), part_.end(), end);
      out.insert(out.end(), part_.begin() + static_cast<std::ptrdiff_t>(at_), stop);
      at_ = static_cast<size_t>(stop - part_.begin());
      if (at_ < part_.size() || next_ == parts_.count()) return;
      part_ = parts_.take(next_++);
      radix_sort(part_);
      at_ = 0;
    }
  }

 private:
  int shift_;
  Partitions<uint64_t> parts_;
  size_t size_ = 0;
  PageVector<uint64_t> part_;  // the one being read, from at_ on
  size_t at_ = 0;
  size_t next_ = 0;
};

}  // namespace corpusmill
