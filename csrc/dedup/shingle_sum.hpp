// shingle_sum: a hash of the shingles of a document and of how often it has each, made as they
// come, without a set of them. Knows no text.
#pragma once
#include <cstdint>
#include <span>

#include "core/hash.hpp"

namespace corpusmill::dedup {

/// The sum of the shingles, and the sum of the products of their halves; both modulo 2**64. So
/// neither order nor runs matter.
class ShingleSum {
 public:
  void add(std::span<const uint64_t> shingles) {
    uint64_t low = 0, high = 0;
    for (const uint64_t shingle : shingles) {
      low += shingle;
      high += (shingle & 0xffffffffu) * (shingle >> 32);
    }
    hash_.low += low;
    hash_.high += high;
  }

  const Hash128& hash() const { return hash_; }

 private:
  Hash128 hash_{};
};

}  // namespace corpusmill::dedup
