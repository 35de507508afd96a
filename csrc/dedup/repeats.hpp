// repeats: which of many keys may occur more than once. Most band keys are alone: counts that may
// collide find nearly all of those without sorting.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace corpusmill::dedup {

/// First takes all keys, then tells of each. At most 8 bytes a key.
class Repeats {
 public:
  explicit Repeats(size_t num_keys)
      : mask_((size_t{1} << std::bit_width(4 * num_keys)) - 1), seen_(mask_ + 1) {}

  void add(uint64_t key) {
    uint8_t& count = seen_[place(key)];
    count = static_cast<uint8_t>(count | 1 | count << 1);  // 0, 1, 3, 7, ...
  }

  /// False for a key that was added once, but for about one in five of those.
  bool has(uint64_t key) const { return seen_[place(key)] > 1; }

 private:
  // Neither the top bits, by which keys may have been parted, nor the low ones, which may say more
  // than the hash.
  size_t place(uint64_t key) const { return (key >> 16) & mask_; }

  size_t mask_;
  std::vector<uint8_t> seen_;
};

}  // namespace corpusmill::dedup
