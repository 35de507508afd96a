// hash_map: values by 128-bit hashes that are trusted to be well mixed. Grows; removes nothing.
#pragma once
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/hash.hpp"

namespace corpusmill {

/// Open addressing, at most half full. A reference is good until the next insertion.
template <class Value>
class HashMap {
 public:
  /// expected: about how many keys will come.
  explicit HashMap(size_t expected) : slots_(std::bit_ceil(2 * expected + 2)) {}

  /// The value of a key, and whether the key is new; its value is Value{} then.
  std::pair<Value&, bool> insert(const Hash128& key) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    Slot& slot = find(key);
    const bool is_new = !std::exchange(slot.used, true);
    if (is_new) {
      slot.key = key;
      ++size_;
    }
    return {slot.value, is_new};
  }

  /// The value of a key that was inserted.
  const Value& at(const Hash128& key) const { return const_cast<HashMap*>(this)->find(key).value; }

 private:
  struct Slot {
    Hash128 key;
    Value value{};
    bool used = false;
  };

  // Not the top bits of the low half, by which keys may have been parted.
  Slot& find(const Hash128& key) {
    size_t at = mix(key.low ^ key.high) & (slots_.size() - 1);
    while (slots_[at].used && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }

  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.used) find(slot.key) = std::move(slot);
    }
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace corpusmill
