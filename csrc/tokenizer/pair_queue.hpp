// pair_queue: pairs of tokens with how often and where they occur, the most frequent one first.
// Counts only fall once a pair is there. Knows no text.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/hash.hpp"
#include "core/pages.hpp"
#include "core/slot_table.hpp"

namespace corpusmill::tokenizer {

/// left << 32 | right, so that numbers are in the order of pairs.
using PairKey = uint64_t;
constexpr PairKey pair_of(uint32_t left, uint32_t right) { return uint64_t{left} << 32 | right; }
constexpr uint32_t left_of(PairKey pair) { return static_cast<uint32_t>(pair >> 32); }
constexpr uint32_t right_of(PairKey pair) { return static_cast<uint32_t>(pair); }

class PairQueue {
 public:
  /// A new pair, and the places where it occurs, ascending.
  void add(PairKey pair, uint64_t count, std::span<const uint32_t> places) {
    const auto same = [](uint32_t) { return false; };
    const auto hash_of = [&](uint32_t i) { return mix(i < pairs_.size() ? pairs_[i].key : pair); };
    slots_.find_or_add(mix(pair), same, hash_of);
    pairs_.push_back({pair, count, places_.size(), places.size()});
    places_.insert(places_.end(), places.begin(), places.end());
    heap_.push_back({count, pair});
    std::push_heap(heap_.begin(), heap_.end());
  }

  /// A pair occurs less often; one that was never added, being too rare, does not matter.
  void take(PairKey pair, uint64_t count) {
    if (const uint32_t i = find(pair); i != SlotTable::none) pairs_[i].count -= count;
  }

  /// The most frequent pair, of several the least; it is not in the queue any more. None is left if
  /// none occurs min_count times, which is at least 1.
  std::optional<PairKey> pop(uint64_t min_count) {
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end());
      Candidate& last = heap_.back();
      const uint64_t count = pairs_[find(last.key)].count;
      if (count == last.count) {
        const PairKey pair = last.key;
        heap_.pop_back();
        return pair;
      }
      if (count < min_count) {
        heap_.pop_back();
      } else {
        last.count = count;
        std::push_heap(heap_.begin(), heap_.end());
      }
    }
    return {};
  }

  /// Of a pair that is there: ascending, with some where it is not any more. Good until one is
  /// added.
  std::span<const uint32_t> places(PairKey pair) const {
    const Pair& found = pairs_[find(pair)];
    return {places_.data() + found.begin, found.num_places};
  }

 private:
  struct Pair {
    PairKey key;
    uint64_t count;
    uint64_t begin, num_places;  // of places_
  };

  struct Candidate {
    uint64_t count;  // that it had when it was put here, or less
    PairKey key;
    friend bool operator<(const Candidate& a, const Candidate& b) {
      return a.count != b.count ? a.count < b.count : a.key > b.key;
    }
  };

  uint32_t find(PairKey pair) const {
    return slots_.find(mix(pair), [&](uint32_t i) { return pairs_[i].key == pair; });
  }

  SlotTable slots_;
  PageVector<Pair> pairs_;
  PageVector<Candidate> heap_;
  PageVector<uint32_t> places_;
};

}  // namespace corpusmill::tokenizer
