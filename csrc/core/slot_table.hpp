// slot_table: finds numbered things by a 64-bit hash. Knows their numbers alone: whoever asks says
// which of them are the same, so that things which share a hash stay apart.
#pragma once
#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/pages.hpp"

namespace corpusmill {

/// Open addressing, at most half full, 8 bytes a slot. Things are numbered from 0 as they are
/// added, at most 2**32 - 1 of them. While one adds, many may look up: whoever sees a number sees
/// all that was written before it was added.
class SlotTable {
 public:
  static constexpr uint32_t none = 0xffffffffu;

  SlotTable() : slots_(least_slots) { shift_ = 64 - std::countr_zero(slots_.size()); }

  size_t size() const { return size_; }
  size_t bytes() const { return slots_.size() * sizeof(Slot); }
  void prefetch(uint64_t hash) const { __builtin_prefetch(&slots_[place(hash)]); }
  /// The number in the slot that is looked at first, whatever its hash; none if that is free.
  uint32_t first(uint64_t hash) const { return slot(place(hash)).number; }

  /// The number for which same(number) holds among those of this hash; none if there is none.
  template <class Same>
  uint32_t find(uint64_t hash, Same&& same) const {
    return walk(hash, same).number;
  }

  /// The same; if there is none, size() is added under this hash and given.
  /// hash_of(number) gives the hash that a number was added under.
  template <class Same, class HashOf>
  uint32_t find_or_add(uint64_t hash, Same&& same, HashOf&& hash_of) {
    const Step last = walk(hash, same);
    if (last.number == none) return fill(last.at, hash, hash_of, [](auto&& work) { work(); });
    return last.number;
  }

  /// Adds size() under this hash. alone(work) calls work() while nobody looks up.
  template <class HashOf, class Alone>
  void add(uint64_t hash, HashOf&& hash_of, Alone&& alone) {
    fill(walk(hash, nothing).at, hash, hash_of, alone);
  }

  /// Empty, with room for so many.
  void reset(size_t expected) {
    const size_t num_slots = std::bit_ceil(std::max(2 * expected, least_slots));
    slots_.assign(num_slots, Slot{});
    shift_ = 64 - std::countr_zero(num_slots);
    size_ = 0;
  }

 private:
  static constexpr size_t least_slots = 64;
  static constexpr size_t longest_walk = 256;  // chance stays below; things made to crowd it do not

  struct alignas(uint64_t) Slot {
    uint32_t tag = 0;
    uint32_t number = none;
  };

  size_t place(uint64_t hash) const { return (hash * multiplier_) >> shift_; }

  static constexpr auto nothing = [](uint32_t) { return false; };

  struct Step {
    size_t at;
    uint32_t number;
  };

  // All that is known of a slot comes from one load: it may be filled at any time.
  Slot slot(size_t at) const {
    return std::atomic_ref(const_cast<Slot&>(slots_[at])).load(std::memory_order_acquire);
  }

  /// To where the thing is, or to the free slot where it would be.
  template <class Same>
  Step walk(uint64_t hash, Same&& same) const {
    const auto tag = static_cast<uint32_t>(hash);
    size_t at = place(hash);
    Slot there = slot(at);
    while (there.number != none && !(there.tag == tag && same(there.number))) {
      at = (at + 1) & (slots_.size() - 1);
      there = slot(at);
    }
    return {at, there.number};
  }

  template <class HashOf, class Alone>
  uint32_t fill(size_t at, uint64_t hash, HashOf&& hash_of, Alone&& alone) {
    const auto number = static_cast<uint32_t>(size_++);
    std::atomic_ref(slots_[at])
        .store({static_cast<uint32_t>(hash), number}, std::memory_order_release);
    if (2 * size_ > slots_.size()) {
      alone([&] { rebuild(2 * slots_.size(), hash_of); });
    } else if (((at - place(hash)) & (slots_.size() - 1)) > longest_walk) {
      alone([&] {
        multiplier_ = multiplier_ * 0xd6e8feb86659fd93u | 1;
        rebuild(slots_.size(), hash_of);
      });
    }
    return number;
  }

  template <class HashOf>
  void rebuild(size_t num_slots, HashOf&& hash_of) {
    slots_.assign(num_slots, Slot{});
    shift_ = 64 - std::countr_zero(num_slots);
    for (uint32_t number = 0; number < size_; ++number) {
      const uint64_t hash = hash_of(number);
      slots_[walk(hash, nothing).at] = {static_cast<uint32_t>(hash), number};
    }
  }

  TableVector<Slot> slots_;
  int shift_;
  uint64_t multiplier_ = 0x9e3779b97f4a7c15u;
  size_t size_ = 0;
};

}  // namespace corpusmill
