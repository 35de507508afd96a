// symbol_merger: symbols in a row, merged pair by pair by a table of merges. Knows neither bytes
// nor what a symbol stands for.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "tokenizer/merges.hpp"

namespace corpusmill::tokenizer {

/// Which two symbols a merged one was last seen to be made of.
struct SeenPair {
  uint32_t left, right;
};

/// Has buffers that it keeps; one per thread. O(symbols * log symbols), 24 bytes for each.
class SymbolMerger {
 public:
  explicit SymbolMerger(const Merges& merges) : merges_(&merges) {}

  /// Merges in place. `seen(id, pair)` is called for each pair that could be merged, as it comes to
  /// stand side by side.
  template <class Seen>
  void operator()(std::vector<uint32_t>& symbols, Seen&& seen) {
    if (symbols.size() <= few) {
      merge_few(symbols, seen);
    } else {
      merge_many(symbols, seen);
    }
  }

 private:
  static constexpr size_t few = 32;

  template <class Seen>
  Merge find(uint32_t left, uint32_t right, Seen& seen) const {
    const Merge merge = merges_->find(left, right);
    if (merge.rank != no_rank) seen(merge.id, SeenPair{left, right});
    return merge;
  }

  /// By looking for the least rank each time.
  template <class Seen>
  void merge_few(std::vector<uint32_t>& symbols, Seen& seen) {
    Merge merge[few];
    uint32_t* const id = symbols.data();
    size_t size = symbols.size();
    for (size_t i = 0; i + 1 < size; ++i) merge[i] = find(id[i], id[i + 1], seen);
    while (size > 1) {
      size_t at = 0;
      for (size_t i = 1; i + 1 < size; ++i) {
        if (merge[i].rank < merge[at].rank) at = i;
      }
      if (merge[at].rank == no_rank) break;
      id[at] = merge[at].id;
      std::copy(id + at + 2, id + size, id + at + 1);
      if (at + 2 < size) std::copy(merge + at + 2, merge + size - 1, merge + at + 1);
      --size;
      if (at > 0) merge[at - 1] = find(id[at - 1], id[at], seen);
      if (at + 1 < size) merge[at] = find(id[at], id[at + 1], seen);
    }
    symbols.resize(size);
  }

  template <class Seen>
  void look_at(std::vector<uint32_t>& symbols, uint32_t at, uint32_t behind, Seen& seen) {
    pending_[at] = find(symbols[at], symbols[behind], seen);
    if (pending_[at].rank == no_rank) return;
    heap_.push_back(uint64_t{pending_[at].rank} << 32 | at);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }

  /// By a heap of ranks. Symbols are a list linked by their first places; an entry of the heap
  /// whose rank is no longer that of its place is of a pair that is gone.
  template <class Seen>
  void merge_many(std::vector<uint32_t>& symbols, Seen& seen) {
    const auto size = static_cast<uint32_t>(symbols.size());
    pending_.assign(size, Merge{});
    before_.resize(size);
    behind_.resize(size);
    heap_.clear();
    for (uint32_t i = 0; i < size; ++i) {
      before_[i] = i - 1;
      behind_[i] = i + 1;
    }
    for (uint32_t i = 0; i + 1 < size; ++i) look_at(symbols, i, i + 1, seen);
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
      const uint64_t entry = heap_.back();
      heap_.pop_back();
      const auto at = static_cast<uint32_t>(entry);
      if (pending_[at].rank != entry >> 32) continue;
      const uint32_t gone = behind_[at], next = behind_[gone];
      symbols[at] = pending_[at].id;
      pending_[at] = pending_[gone] = Merge{};
      behind_[at] = next;
      if (at > 0) look_at(symbols, before_[at], at, seen);
      if (next < size) {
        before_[next] = at;
        look_at(symbols, at, next, seen);
      }
    }
    uint32_t num = 0;
    for (uint32_t i = 0; i < size; i = behind_[i]) symbols[num++] = symbols[i];
    symbols.resize(num);
  }

  const Merges* merges_;
  std::vector<Merge> pending_;  // of the symbol at a place with the one behind it
  std::vector<uint32_t> before_, behind_;
  std::vector<uint64_t> heap_;
};

}  // namespace corpusmill::tokenizer
