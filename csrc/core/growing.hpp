// growing: an array that is appended to until nobody knows how long it gets. A large one is mapped
// in huge pages, which move when it grows, but are not copied: touching small ones for the first
// time, and again for each copy, would take longer than making what goes into them.
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
    size_t bytes = capacity * sizeof(T);
    if (bytes >= least_mapped) bytes = (bytes + page - 1) / page * page;
    void* const grown = bytes < least_mapped ? std::realloc(data_.get(), bytes) : map(bytes);
    if (grown == nullptr) throw std::bad_alloc();
    static_cast<void>(data_.release());
    data_ = {static_cast<T*>(grown), Free{bytes < least_mapped ? 0 : bytes}};
    capacity_ = bytes / sizeof(T);
  }

  void append(std::span<const T> values) {
    if (values.empty()) return;
    const size_t size = size_ + values.size();
    if (size > capacity_) reserve(std::max(size, capacity_ + capacity_ / 2));
    std::memcpy(data_.get() + size_, values.data(), values.size_bytes());
    size_ = size;
  }

  /// What is there up to the capacity can be written, and then be said to be so many values.
  T* data() { return data_.get(); }
  void set_size(size_t size) { size_ = size; }

  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  std::span<const T> view() const { return {data_.get(), size_}; }

 private:
  static constexpr size_t least_mapped = 1 << 20;
  static constexpr size_t page = 2 << 20;

  struct Free {
    size_t mapped = 0;  // bytes; 0: they come from the heap
    void operator()(void* memory) const {
      if (mapped == 0) {
        std::free(memory);
      } else {
        munmap(memory, mapped);
      }
    }
  };

  /// So many bytes, which begin with those that are there; null if there is no memory for them.
  void* map(size_t bytes) {
    const size_t mapped = data_.get_deleter().mapped;
#ifdef MREMAP_MAYMOVE
    if (mapped > 0) {
      void* const moved = mremap(data_.get(), mapped, bytes, MREMAP_MAYMOVE);
      return moved == MAP_FAILED ? nullptr : moved;  // NOLINT(performance-no-int-to-ptr)
    }
#endif
    void* const pages =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return nullptr;  // NOLINT(performance-no-int-to-ptr)
#ifdef MADV_HUGEPAGE
    madvise(pages, bytes, MADV_HUGEPAGE);
#endif
    if (size_ > 0) std::memcpy(pages, data_.get(), size_ * sizeof(T));
    Free{mapped}(data_.get());
    return pages;
  }

  std::unique_ptr<T[], Free> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace corpusmill
