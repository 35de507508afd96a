// lsh: signatures to buckets, the groups of rows that agree on every slot of one band, and from
// buckets to candidate pairs. In memory. Knows no text and takes no decisions.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "dedup/bands.hpp"

namespace corpusmill::dedup {

/// Row-major signatures, read in place.
struct Signatures {
  std::span<const uint32_t> slots;
  size_t num_hashes;

  const uint32_t* operator[](size_t row) const { return slots.data() + row * num_hashes; }
  /// Share of equal slots.
  double similarity(size_t left, size_t right) const;
};

/// All buckets with at least two members. Bucket i has members[offsets[i] .. offsets[i + 1]),
/// ascending; they index the `rows` given to find_buckets. Buckets of one band follow each other.
struct Buckets {
  std::vector<uint64_t> offsets{0};
  std::vector<uint32_t> members;
  std::vector<uint32_t> band;

  size_t size() const { return band.size(); }
  std::span<uint32_t> operator[](size_t bucket) {
    return {members.data() + offsets[bucket], offsets[bucket + 1] - offsets[bucket]};
  }
};

/// The buckets of signatures[rows[0]], signatures[rows[1]], ...; at most 2**32 - 1 rows.
/// Members of a bucket agree on a 64-bit hash of the band. O(rows) a band, and a sort of the rows
/// that share a bucket; 8 bytes a row and band, and 8 a row and thread, besides the result.
Buckets find_buckets(const Signatures& signatures, std::span<const uint32_t> rows, Bands bands,
                     int threads);

struct Pairs {
  std::vector<int64_t> left;  // ascending, then right ascending; left < right
  std::vector<int64_t> right;
  std::vector<double> similarity;
};

/// Candidate pairs whose estimated similarity reaches the threshold. Within a bucket, every row is
/// paired with the first max_comparisons members only, so a bucket costs linear time; all pairs of
/// buckets no larger than that are found.
Pairs find_pairs(const Signatures& signatures, std::span<const uint32_t> rows, Bands bands,
                 double threshold, size_t max_comparisons, int threads);

}  // namespace corpusmill::dedup
