// pages: memory for large arrays that come and go, by whole pages from the system and back to it,
// so that what one stage of a computation lets go of is there for the next, whose threads have
// heaps of their own; huge pages for tables.
#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace corpusmill {

/// Arrays of less than 64 KiB come from the heap: mapping as many took longer than filling them.
template <class T>
struct PageAllocator {
  using value_type = T;

  PageAllocator() = default;
  template <class U>
  explicit(false) PageAllocator(const PageAllocator<U>& /*unused*/) noexcept {}

  T* allocate(size_t count) {
    if (count * sizeof(T) < least_bytes) return static_cast<T*>(::operator new(count * sizeof(T)));
    void* pages = mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();  // NOLINT(performance-no-int-to-ptr)
    return static_cast<T*>(pages);
  }

  void deallocate(T* array, size_t count) noexcept {
    if (count * sizeof(T) < least_bytes) {
      ::operator delete(array);
    } else {
      munmap(array, count * sizeof(T));
    }
  }

  bool operator==(const PageAllocator& other) const = default;

 private:
  static constexpr size_t least_bytes = 64 << 10;
};

template <class T>
using PageVector = std::vector<T, PageAllocator<T>>;

/// For what is looked into here and there: of 4 MiB or more it asks for huge pages, without which
/// finding out where a page lies can take as long as reading it. All of it should be used.
template <class T>
struct TableAllocator {
  using value_type = T;

  TableAllocator() = default;
  template <class U>
  explicit(false) TableAllocator(const TableAllocator<U>& /*unused*/) noexcept {}

  T* allocate(size_t count) {
    if (count * sizeof(T) < least_bytes) return std::allocator<T>().allocate(count);
    T* const pages = PageAllocator<T>().allocate(count);
#ifdef MADV_HUGEPAGE
    madvise(pages, count * sizeof(T), MADV_HUGEPAGE);
#endif
    return pages;
  }

  void deallocate(T* array, size_t count) noexcept {
    if (count * sizeof(T) < least_bytes) {
      std::allocator<T>().deallocate(array, count);
    } else {
      PageAllocator<T>().deallocate(array, count);
    }
  }

  bool operator==(const TableAllocator& other) const = default;

 private:
  static constexpr size_t least_bytes = 4 << 20;
};

template <class T>
using TableVector = std::vector<T, TableAllocator<T>>;

}  // namespace corpusmill
