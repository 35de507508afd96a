// growing: an array that is appended to until nobody knows how long it gets. A large one asks for
// huge pages: touching small ones for the first time can take longer than making what goes into
// them.
#pragma once
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

namespace corpusmill {

template <class T>
class Growing {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// Makes room for so many values in all.
  void reserve(size_t capacity) {
    if (capacity <= capacity_) return;
    void* const grown = std::realloc(data_.get(), capacity * sizeof(T));
    if (grown == nullptr) throw std::bad_alloc();
    static_cast<void>(data_.release());
    data_.reset(static_cast<T*>(grown));
    capacity_ = capacity;
    ask_for_huge_pages();
  }

  void append(std::span<const T> values) {
    if (values.empty()) return;
    const size_t size = size_ + values.size();
    if (size > capacity_) reserve(std::max(size, capacity_ + capacity_ / 2));
    std::memcpy(data_.get() + size_, values.data(), values.size_bytes());
    size_ = size;
  }

  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  std::span<const T> view() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  void ask_for_huge_pages() {
#ifdef MADV_HUGEPAGE
    constexpr size_t page = 2 << 20;
    const size_t size = capacity_ * sizeof(T) / page * page;
    void* first = data_.get();
    size_t room = capacity_ * sizeof(T);
    if (size > page && std::align(page, size - page, first, room) != nullptr) {
      madvise(first, room / page * page, MADV_HUGEPAGE);
    }
#endif
  }

  std::unique_ptr<T[], Free> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace corpusmill
