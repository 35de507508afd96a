// ascending: numbers that come in any order, from several threads, and are read a range at a time;
// in memory while they fit, then in a scratch file.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/parallel.hpp"
#include "core/partitions.hpp"
#include "core/radix_sort.hpp"

namespace corpusmill {

/// First all are added, then sorted, then read. Sorted part by part, so that numbers below `end`
/// should be spread about evenly.
class Ascending {
 public:
  /// adders: threads that may add at once; end: above every number; expected: about how many come.
  Ascending(size_t adders, uint64_t end, size_t expected, size_t memory, ScratchFile& scratch)
      : shift_(std::countl_zero(end)),
        scratch_(&scratch),
        added_(adders, expected, memory, scratch) {}

  void add(size_t adder, uint64_t number) { added_.of(adder).add(number << shift_, number); }

  size_t size() const { return added_.added(); }

  void sort(int threads) {
    const bool spilled = added_.spilled();
    parts_.resize(added_.count());
    parallel_for(parts_.size(), threads, [&](size_t i, size_t) {
      std::vector<PageVector<uint64_t>> of_adders;
      added_.take(i, of_adders);
      PageVector<uint64_t>& numbers = of_adders.front();
      for (size_t adder = 1; adder < of_adders.size(); ++adder) {
        numbers.insert(numbers.end(), of_adders[adder].begin(), of_adders[adder].end());
      }
      radix_sort(numbers);
      parts_[i] = spilled ? written(numbers) : Part{std::move(numbers), 0, 0};
    });
  }

  /// Appends to `out` those from begin to before end. Several threads may.
  void read(uint64_t begin, uint64_t end, std::vector<uint64_t>& out) const {
    if (begin >= end) return;
    const size_t last = added_.part_of((end - 1) << shift_);
    for (size_t i = added_.part_of(begin << shift_); i <= last; ++i) {
      const Part& part = parts_[i];
      if (part.count == 0) {
        append(part.numbers, begin, end, out);
        continue;
      }
      const auto& firsts = part.numbers;
      const auto from = std::upper_bound(firsts.begin() + 1, firsts.end(), begin) - 1;
      const auto to = std::lower_bound(from, firsts.end(), end);
      const size_t before = static_cast<size_t>(from - firsts.begin()) * stride;
      const size_t after = static_cast<size_t>(to - firsts.begin()) * stride;
      std::vector<uint64_t> numbers(std::min(after, part.count) - before);
      scratch_->read(part.offset + before * sizeof(uint64_t), numbers.data(),
                     numbers.size() * sizeof(uint64_t));
      append(numbers, begin, end, out);
    }
  }

 private:
  static constexpr size_t stride = 1 << 10;  // numbers that are read from the scratch file at once

  /// Its numbers in order; or, if there is a count, the first of each stride of them.
  struct Part {
    PageVector<uint64_t> numbers;
    uint64_t offset;  // in the scratch file, where so many are
    size_t count;
  };

  static void append(std::span<const uint64_t> numbers, uint64_t begin, uint64_t end,
                     std::vector<uint64_t>& out) {
    const auto from = std::lower_bound(numbers.begin(), numbers.end(), begin);
    out.insert(out.end(), from, std::lower_bound(from, numbers.end(), end));
  }

  Part written(const PageVector<uint64_t>& numbers) const {
    Part part{{}, 0, numbers.size()};
    for (size_t i = 0; i < numbers.size(); i += stride) part.numbers.push_back(numbers[i]);
    part.offset = scratch_->append(numbers.data(), numbers.size() * sizeof(uint64_t));
    return part;
  }

  int shift_;
  ScratchFile* scratch_;
  SharedPartitions<uint64_t> added_;
  std::vector<Part> parts_;
};

}  // namespace corpusmill
