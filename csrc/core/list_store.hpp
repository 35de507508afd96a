// list_store: lists of numbers, each at a place of its own; in memory while they fit, then in a
// scratch file.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "core/pages.hpp"
#include "core/scratch.hpp"

namespace corpusmill {

/// Several threads may put at once, each at its own places; a list is put once.
template <class T>
class ListStore {
 public:
  ListStore(size_t places, size_t memory, ScratchFile& scratch)
      : lists_(places), memory_(memory), scratch_(&scratch) {}

  /// Short lists that one thread puts are gathered, and kept or written together: one by one they
  /// would leave holes in the heap, or take the system longer than what is in them.
  struct Batch {
    std::vector<size_t> places;
    std::vector<T> values;
  };

  /// To be read once the batch is stored.
  void put(size_t place, std::span<const T> values, Batch& batch) {
    lists_[place].size = values.size();
    if (values.size_bytes() >= batch_bytes) {
      store({&place, 1}, values);
      return;
    }
    batch.places.push_back(place);
    batch.values.insert(batch.values.end(), values.begin(), values.end());
    if (batch.values.size() * sizeof(T) >= batch_bytes) store(batch);
  }

  void store(Batch& batch) {
    store(batch.places, batch.values);
    batch.places.clear();
    batch.values.clear();
  }

  /// The list at a place; a view of the buffer if it had to be read into that.
  std::span<const T> get(size_t place, std::vector<T>& buffer) const {
    const List& list = lists_[place];
    if (list.held != nullptr || list.size == 0) return {list.held, list.size};
    buffer.resize(std::max(buffer.size(), list.size));
    scratch_->read(list.offset, buffer.data(), list.size * sizeof(T));
    return {buffer.data(), list.size};
  }

 private:
  static constexpr size_t batch_bytes = 256 << 10;

  struct List {
    const T* held = nullptr;
    uint64_t offset = 0;
    size_t size = 0;
  };

  /// The values of these lists, one behind the other.
  void store(std::span<const size_t> places, std::span<const T> values) {
    if (values.empty()) return;
    const size_t bytes = values.size_bytes();
    if (held_.fetch_add(bytes) + bytes <= memory_) {
      PageVector<T> kept(values.begin(), values.end());
      const T* next = kept.data();
      for (const size_t place : places) {
        lists_[place].held = next;
        next += lists_[place].size;
      }
      const std::scoped_lock lock(adding_);
      kept_.push_back(std::move(kept));
    } else {
      held_ -= bytes;
      uint64_t next = scratch_->append(values.data(), bytes);
      for (const size_t place : places) {
        lists_[place].offset = next;
        next += lists_[place].size * sizeof(T);
      }
    }
  }

  std::vector<List> lists_;
  size_t memory_;
  std::atomic<size_t> held_{0};
  std::mutex adding_;
  std::vector<PageVector<T>> kept_;
  ScratchFile* scratch_;
};

}  // namespace corpusmill
