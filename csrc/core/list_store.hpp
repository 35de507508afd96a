// list_store: lists of numbers, each at a place of its own; in memory while they fit, then in a
// scratch file.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/scratch.hpp"

namespace corpusmill {

/// Several threads may put at once, each at its own places; a list is put once.
template <class T>
class ListStore {
 public:
  ListStore(size_t places, size_t memory, ScratchFile& scratch)
      : lists_(places), memory_(memory), scratch_(&scratch) {}

  void put(size_t place, std::span<const T> values) {
    List& list = lists_[place];
    list.size = values.size();
    const size_t bytes = values.size() * sizeof(T);
    if (held_.fetch_add(bytes) + bytes <= memory_) {
      list.held = std::make_unique_for_overwrite<T[]>(values.size());
      std::copy(values.begin(), values.end(), list.held.get());
    } else {
      held_ -= bytes;
      list.offset = scratch_->append(values.data(), bytes);
    }
  }

  /// The list at a place; a view of the buffer if it had to be read into that.
  std::span<const T> get(size_t place, std::vector<T>& buffer) const {
    const List& list = lists_[place];
    if (list.held || list.size == 0) return {list.held.get(), list.size};
    buffer.resize(std::max(buffer.size(), list.size));
    scratch_->read(list.offset, buffer.data(), list.size * sizeof(T));
    return {buffer.data(), list.size};
  }

 private:
  struct List {
    std::unique_ptr<T[]> held;
    uint64_t offset = 0;
    size_t size = 0;
  };

  std::vector<List> lists_;
  size_t memory_;
  std::atomic<size_t> held_{0};
  ScratchFile* scratch_;
};

}  // namespace corpusmill
