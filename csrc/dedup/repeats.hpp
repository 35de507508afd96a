// repeats: which of many keys may occur more than once. Most band keys are alone: counts that may
// collide, taken twice, find nearly all of those without sorting.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace corpusmill::dedup {

/// First takes all keys, then tells of each. At most 8 bytes a key.
class Repeats {
 public:
  /// Looks at the bits of the keys from `bits` on.
  Repeats(size_t num_keys, int bits)
      : bits_(bits), mask_((size_t{1} << std::bit_width(4 * num_keys)) - 1), seen_(mask_ + 1) {}

  void add(uint64_t key) {
    uint8_t& count = seen_[place(key)];
    count = static_cast<uint8_t>(count | 1 | count << 1);  // 0, 1, 3, 7, ...
  }

  /// False for a key that was added once, but for about one in five of those.
  bool has(uint64_t key) const { return seen_[place(key)] > 1; }

 private:
  size_t place(uint64_t key) const { return (key >> bits_) & mask_; }

  int bits_;
  size_t mask_;
  std::vector<uint8_t> seen_;
};

/// Of all records, in order, those whose key, of 64 bits, may occur more than once: of keys that
/// are alone about one in 25. The top bits may be what the records were parted by, and the low ones
/// may say more than the hash.
template <class Record, class Allocator, class Key>
std::vector<Record> repeated(const std::vector<std::vector<Record, Allocator>>& all, Key key) {
  size_t size = 0;
  for (const auto& records : all) size += records.size();
  Repeats first(size, 16);
  for (const auto& records : all) {
    for (const Record& record : records) first.add(key(record));
  }
  std::vector<Record> found;
  for (const auto& records : all) {
    std::copy_if(records.begin(), records.end(), std::back_inserter(found),
                 [&](const Record& record) { return first.has(key(record)); });
  }
  Repeats second(found.size(), 34);
  for (const Record& record : found) second.add(key(record));
  std::erase_if(found, [&](const Record& record) { return !second.has(key(record)); });
  return found;
}

}  // namespace corpusmill::dedup
