// page_pool: pages of memory for arrays that grow side by side, given out one by one and taken
// back, so that what one step of a computation lets go of is there for the next, whose threads are
// others. Knows no arrays.
#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/pages.hpp"

namespace corpusmill {

/// One page. Who has it may write over all of it but `next`.
struct PooledPage {
  static constexpr size_t bytes = 4 << 10;
  static constexpr size_t room_bytes = bytes - 8;

  PooledPage* next;  // of a list of them
  alignas(8) std::byte room[room_bytes];
};
static_assert(sizeof(PooledPage) == PooledPage::bytes);

/// Slabs of pages, in huge ones as soon as there are many; they are the system's again when it
/// ends. Several threads may take and give back at once.
class PagePool {
 public:
  PagePool() = default;
  PagePool(const PagePool&) = delete;
  PagePool& operator=(const PagePool&) = delete;
  ~PagePool() {
    for (const Slab& slab : slabs_) Allocator().deallocate(slab.pages, slab.size);
  }

  PooledPage* take() {
    const std::scoped_lock lock(mutex_);
    if (free_ != nullptr) return std::exchange(free_, free_->next);
    if (slabs_.empty() || used_ == slabs_.back().size) add_slab();
    return &slabs_.back().pages[used_++];
  }

  /// A list of pages, from its first to its last.
  void give_back(PooledPage* first, PooledPage* last) {
    const std::scoped_lock lock(mutex_);
    last->next = std::exchange(free_, first);
  }

 private:
  using Allocator = TableAllocator<PooledPage>;
  static constexpr size_t least_slab = (256 << 10) / PooledPage::bytes;
  static constexpr size_t most_slab = (4 << 20) / PooledPage::bytes;

  struct Slab {
    PooledPage* pages;
    size_t size;
  };

  void add_slab() {
    const size_t size = slabs_.empty() ? least_slab : std::min(2 * slabs_.back().size, most_slab);
    slabs_.reserve(slabs_.size() + 1);
    slabs_.push_back({Allocator().allocate(size), size});
    used_ = 0;
  }

  std::mutex mutex_;
  PooledPage* free_ = nullptr;
  size_t used_ = 0;  // pages of the last slab
  std::vector<Slab> slabs_;
};

}  // namespace corpusmill
