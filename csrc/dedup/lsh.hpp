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

struct Pairs {
  std::vector<int64_t> left;  // ascending, then right ascending; left < right
  std::vector<int64_t> right;
  std::vector<double> similarity;
};

/// The names of the buckets in which each document lies, row-major: bands.bands a row. For those
/// who look for documents that share one elsewhere, as a cluster does.
std::vector<uint64_t> buckets(const Signatures& signatures, Bands bands, int threads);

/// Candidate pairs of signatures[rows[0]], signatures[rows[1]], ..., at most 2**32 - 1, whose
/// estimated similarity reaches the threshold. Within a bucket, every row is
/// paired with the first max_comparisons members only, so a bucket costs linear time; all pairs of
/// buckets no larger than that are found.
Pairs find_pairs(const Signatures& signatures, std::span<const uint32_t> rows, Bands bands,
                 double threshold, size_t max_comparisons, int threads);

}  // namespace corpusmill::dedup
