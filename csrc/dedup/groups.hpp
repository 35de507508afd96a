// groups: which of many things are equal, told by 128-bit hashes alone.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/hash.hpp"

namespace corpusmill::dedup {

/// Groups are numbered in the order of their first members.
struct Groups {
  std::vector<uint32_t> of;     // the group of each thing
  std::vector<uint32_t> first;  // of each group, the thing that comes first
};

/// Groups 0, 1, ... count - 1 by hash_of(i), a Hash128 whose low half is well mixed; fewer than
/// 2**32 - 1. O(count), 8 bytes each besides the result.
template <class HashOf>
Groups group_equal(size_t count, HashOf&& hash_of) {
  constexpr uint32_t none = 0xffffffffu;
  const size_t mask = std::bit_ceil(2 * count + 1) - 1;
  std::vector<uint32_t> table(mask + 1, none);  // open addressing: hash to group
  Groups groups;
  groups.of.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const Hash128 hash = hash_of(i);
    size_t at = hash.low & mask;
    while (table[at] != none && hash_of(groups.first[table[at]]) != hash) at = (at + 1) & mask;
    if (table[at] == none) {
      table[at] = static_cast<uint32_t>(groups.first.size());
      groups.first.push_back(static_cast<uint32_t>(i));
    }
    groups.of.push_back(table[at]);
  }
  return groups;
}

}  // namespace corpusmill::dedup
