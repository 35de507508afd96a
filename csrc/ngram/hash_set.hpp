// hash_set: a fixed set of 64-bit hashes, each with its number: small, and quick to say no. Knows
// nothing of what was hashed.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace corpusmill::ngram {

/// Hashes ascending, found by their top bits; before them a bitmap, about 16 bits to a hash, which
/// most hashes that are not in the set do not pass. 11 to 18 bytes a hash.
class HashSet {
 public:
  static constexpr size_t none = SIZE_MAX;

  HashSet() = default;

  /// Takes hashes, ascending and each once.
  explicit HashSet(std::vector<uint64_t> hashes) : hashes_(std::move(hashes)) {
    const size_t size = std::bit_ceil(std::max<size_t>(hashes_.size(), 64));
    shift_ = 64 - std::countr_zero(size);
    mask_ = 16 * size - 1;
    filter_.resize(16 * size / 64);
    starts_.resize(size + 1);
    for (const uint64_t hash : hashes_) {
      filter_[(hash & mask_) / 64] |= uint64_t{1} << (hash & 63);
      ++starts_[(hash >> shift_) + 1];
    }
    for (size_t i = 0; i < size; ++i) starts_[i + 1] += starts_[i];
  }

  size_t size() const { return hashes_.size(); }
  size_t num_bytes() const {
    return 8 * (hashes_.size() + filter_.size()) + sizeof(uint32_t) * starts_.size();
  }

  /// The hash's place among the hashes; `none` if it is not in the set.
  size_t find(uint64_t hash) const {
    for (size_t i = starts_[hash >> shift_], end = starts_[(hash >> shift_) + 1]; i < end; ++i) {
      if (hashes_[i] == hash) return i;
    }
    return none;
  }

  /// Calls sink(size_t i, size_t number) for each hashes[i] that is in the set, ascending.
  template <class Sink>
  void find_all(std::span<const uint64_t> hashes, Sink&& sink) const {
    if (hashes_.empty()) return;
    constexpr size_t batch = 128;  // lines asked for at once: the cache has room for them
    for (size_t start = 0; start < hashes.size(); start += batch) {
      const size_t stop = std::min(start + batch, hashes.size());
      for (size_t i = start; i < stop; ++i) __builtin_prefetch(&filter_[(hashes[i] & mask_) / 64]);
      for (size_t i = start; i < stop; ++i) {
        if ((filter_[(hashes[i] & mask_) / 64] >> (hashes[i] & 63) & 1) == 0) continue;
        const size_t number = find(hashes[i]);
        if (number != none) sink(i, number);
      }
    }
  }

 private:
  std::vector<uint64_t> hashes_;
  std::vector<uint64_t> filter_;
  std::vector<uint32_t> starts_;  // of the hashes with these top bits
  uint64_t mask_ = 0;
  int shift_ = 0;
};

}  // namespace corpusmill::ngram
