// signature: a fixed-size sketch of a shingle set; the share of equal slots of two signatures
// estimates the Jaccard similarity of their sets. Knows no text and no bands.
//
// Definition 1 (Fast Similarity Sketching, Dahlgaard, Knudsen and Thorup, FOCS 2017, with three
// rounds and a hashed last resort). A seed other than 0 first turns every shingle s into
// mix(s ^ salt(seed)). Slot j then holds the smallest of these values over all shingles s:
//   round r = 0, 1, 2    x = s for r = 0, else (s mod 2**32) * M_r ^ rotate(s, 32);
//                        if (x mod 2**32) * num_hashes >> 32 == j:  r * 2**30 + (x >> 34)
//   last resort          3 * 2**30 + (32-bit mix of (s >> 32) ^ salt_j) >> 2
// so an earlier round always wins, and slots are sampled almost without replacement: less error
// than num_hashes independent hash functions for sets up to a few times num_hashes.
// Oracle: tests/oracles_dedup.py::signature.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace corpusmill::dedup {

inline constexpr int signature_version = 1;

/// What a null document's slots hold, and every slot before the first shingle.
inline constexpr uint32_t open_slot = 0xffffffffu;

/// Folds shingles into signatures; holds the salts of one seed and one size, and scratch: one per
/// thread.
class Sketcher {
 public:
  Sketcher(size_t num_hashes, uint64_t seed);

  /// Slots in, slots out: a signature grows by any number of calls in any order, repeats included,
  /// and ends the same. O(shingles), and O(shingles * open slots) while slots are open.
  void add(std::span<const uint64_t> shingles, uint32_t* slots);

 private:
  void throw_in(std::span<const uint64_t> shingles, uint32_t* slots);
  void compete(std::span<const uint64_t> shingles, uint32_t* slots);

  size_t num_hashes_;
  uint64_t seed_salt_ = 0;  // 0 for seed 0
  std::vector<uint32_t> slot_salts_;
  std::vector<uint64_t> seeded_;  // shingles under a seed
  std::vector<uint32_t> open_;    // slots no round has filled,
  std::vector<uint32_t> salts_;   // their salts
  std::vector<uint32_t> values_;  // and their values
};

/// Row-major, num_hashes wide, of ready shingle hashes: row i has values[offsets[i] .. offsets[i +
/// 1]).
std::vector<uint32_t> signatures(std::span<const int64_t> offsets, std::span<const uint64_t> values,
                                 size_t num_hashes, uint64_t seed, int threads);

/// Number of equal slots of each pair of rows; left and right are row-major, num_hashes wide.
std::vector<double> similarity(std::span<const uint32_t> left, std::span<const uint32_t> right,
                               size_t num_hashes);

}  // namespace corpusmill::dedup
