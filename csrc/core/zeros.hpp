// zeros: an array of zeros for what is looked into here and there, in whole pages from the system
// and back to it, huge ones where it has them. All are there from the beginning: a page that is
// read first is the one that all zeros share, and to write to it then takes a fault that splits a
// huge one, and an interrupt of every other thread.
#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace corpusmill {

/// T: of which all bytes may be zero.
template <class T>
class Zeros {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit Zeros(size_t size) : data_(map(size), Unmap{size * sizeof(T)}), size_(size) {}

  size_t size() const { return size_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

 private:
  struct Unmap {
    size_t bytes;
    void operator()(T* array) const { munmap(array, bytes); }
  };

  static T* map(size_t size) {
    if (size == 0) return nullptr;
    const size_t bytes = size * sizeof(T);
    void* const pages =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();  // NOLINT(performance-no-int-to-ptr)
#ifdef MADV_HUGEPAGE
    madvise(pages, bytes, MADV_HUGEPAGE);
#endif
#ifdef MADV_POPULATE_WRITE
    madvise(pages, bytes, MADV_POPULATE_WRITE);
#endif
    return static_cast<T*>(pages);
  }

  std::unique_ptr<T[], Unmap> data_;
  size_t size_;
};

}  // namespace corpusmill
