// sha256_buckets: texts to buckets by int(SHA-256, 16) % buckets, the rule of the published DSIR.
// Knows no n-grams.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simd/sha256.hpp"

namespace corpusmill::ngram {

/// Gathers texts, because several are hashed in little more time than one, and remembers short ones
/// that are said to be frequent. What it gives depends on neither.
class Sha256Buckets {
 public:
  static constexpr size_t readable_after = 64;

  /// buckets is at most 2**24, so that the terms of a digest's remainder add up in 64 bits.
  explicit Sha256Buckets(uint32_t buckets);

  /// Not empty; readable_after bytes after the text must be readable. is_frequent: it may well have
  /// come before; looking for one that has not costs more than it saves.
  void add(const char* text, size_t size, bool is_frequent);

  bool is_full() const { return num_ == batch; }

  /// The buckets of what was added since the last call, in that order. Valid until the next add.
  std::span<const uint32_t> take();

 private:
  static constexpr size_t batch = 256;
  static constexpr size_t num_known = 1 << 12;
  static constexpr size_t longest_known = 23;

  /// A short text and, as its last byte, its size; all zero is none.
  struct Key {
    uint64_t first, second, third;
    bool operator==(const Key& other) const {  // not by memcmp, which would wait for the memory
      return ((first ^ other.first) | (second ^ other.second) | (third ^ other.third)) == 0;
    }
  };
  struct Known {
    Key key;
    uint32_t bucket;
  };
  struct Pending {
    size_t number;  // among those added
    Known* known;   // where to remember it, or null
    Key key;
  };

  static Key key_of(const char* text, size_t size);
  Known& place_of(const Key& key);
  void add_block(const char* text, size_t size);
  void add_blocks(const char* text, size_t size);

  uint32_t buckets_;
  uint64_t powers_[8];  // 2**(32 * (7 - i)) % buckets
  std::vector<Known> known_;
  size_t num_ = 0;
  std::vector<uint32_t> found_;
  size_t num_pending_ = 0;
  std::vector<Pending> pending_;
  std::vector<std::array<uint8_t, 64>> blocks_;  // of those pending, the last of each
  std::vector<std::array<uint32_t, 8>> states_;
};

}  // namespace corpusmill::ngram
