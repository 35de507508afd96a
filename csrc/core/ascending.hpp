// ascending: numbers that come in any order, from several threads, and are read a range at a time;
// in pages of a pool while they fit, then in a scratch file.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/page_pool.hpp"
#include "core/parallel.hpp"
#include "core/pooled_parts.hpp"
#include "core/radix_sort.hpp"

namespace corpusmill {

/// First all are added, then sorted, then read. Sorted part by part, so that numbers below `end`
/// should be spread about evenly.
class Ascending {
 public:
  /// adders: threads that may add at once; end: above every number; expected: about how many come.
  Ascending(size_t adders, uint64_t end, size_t expected, size_t memory, PagePool& pool,
            ScratchFile& scratch)
      : shift_(std::countl_zero(end)),
        pool_(&pool),
        scratch_(&scratch),
        added_(adders, expected, memory, pool, scratch) {}
  Ascending(const Ascending&) = delete;
  Ascending& operator=(const Ascending&) = delete;
  ~Ascending() {
    for (const Part& part : parts_) {
      for (PooledPage* const page : part.pages) pool_->give_back(page, page);
    }
  }

  void add(size_t adder, uint64_t number) { added_.add(adder, number << shift_, number); }

  size_t size() const { return added_.added(); }

  void sort(int threads) {
    const bool spilled = added_.spilled();
    parts_.resize(added_.count());
    struct Buffers {
      std::vector<uint64_t> numbers, others;
    };
    std::vector<Buffers> buffers(num_workers(parts_.size(), threads));
    parallel_for(parts_.size(), threads, [&](size_t i, size_t worker) {
      auto& [numbers, others] = buffers[worker];
      numbers.clear();
      numbers.reserve(added_.size(i));
      added_.for_each(i, [&](uint64_t number) { numbers.push_back(number); });
      added_.drop(i);
      radix_sort(numbers, others);
      spilled ? write(parts_[i], numbers) : hold(parts_[i], numbers);
    });
  }

  /// Appends to `out` those from begin to before end. Several threads may.
  void read(uint64_t begin, uint64_t end, std::vector<uint64_t>& out) const {
    if (begin >= end) return;
    const size_t last = added_.part_of((end - 1) << shift_);
    for (size_t i = added_.part_of(begin << shift_); i <= last; ++i) {
      const Part& part = parts_[i];
      if (part.count == 0) continue;
      const auto from = std::upper_bound(part.firsts.begin() + 1, part.firsts.end(), begin) - 1;
      const auto to = std::lower_bound(from, part.firsts.end(), end);
      const auto before = static_cast<size_t>(from - part.firsts.begin());
      const auto after = static_cast<size_t>(to - part.firsts.begin());
      if (!part.pages.empty()) {
        for (size_t page = before; page < after; ++page) {
          append({numbers_in(part.pages[page]), part.count_in(page)}, begin, end, out);
        }
        continue;
      }
      std::vector<uint64_t> numbers(std::min(after * stride, part.count) - before * stride);
      scratch_->read(part.offset + before * stride * sizeof(uint64_t), numbers.data(),
                     numbers.size() * sizeof(uint64_t));
      append(numbers, begin, end, out);
    }
  }

 private:
  static constexpr size_t stride = PooledPage::room_bytes / sizeof(uint64_t);

  /// Numbers in order, a stride of them in each page; or, without pages, one behind the other in
  /// the scratch file.
  struct Part {
    std::vector<uint64_t> firsts;  // of the strides
    std::vector<PooledPage*> pages;
    uint64_t offset = 0;
    size_t count = 0;

    size_t count_in(size_t page) const { return std::min(stride, count - page * stride); }
  };

  static uint64_t* numbers_in(PooledPage* page) { return reinterpret_cast<uint64_t*>(page->room); }

  static void append(std::span<const uint64_t> numbers, uint64_t begin, uint64_t end,
                     std::vector<uint64_t>& out) {
    const auto from = std::lower_bound(numbers.begin(), numbers.end(), begin);
    out.insert(out.end(), from, std::lower_bound(from, numbers.end(), end));
  }

  static void start(Part& part, std::span<const uint64_t> numbers) {
    part.count = numbers.size();
    for (size_t i = 0; i < numbers.size(); i += stride) part.firsts.push_back(numbers[i]);
  }

  void write(Part& part, std::span<const uint64_t> numbers) {
    start(part, numbers);
    part.offset = scratch_->append(numbers.data(), numbers.size_bytes());
  }

  void hold(Part& part, std::span<const uint64_t> numbers) {
    start(part, numbers);
    for (size_t page = 0; page < part.firsts.size(); ++page) {
      part.pages.push_back(pool_->take());
      const auto some = numbers.subspan(page * stride, part.count_in(page));
      std::copy(some.begin(), some.end(), numbers_in(part.pages.back()));
    }
  }

  int shift_;
  PagePool* pool_;
  ScratchFile* scratch_;
  PooledParts<uint64_t> added_;
  std::vector<Part> parts_;
};

}  // namespace corpusmill
