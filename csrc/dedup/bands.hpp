// bands: where a band lies in a signature, and its key. Definition 1 of the key, on which stored
// tables rest: XXH3-64 of the band's slots as little-endian bytes, the band's number as seed.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/hash.hpp"

namespace corpusmill::dedup {

/// Band b is the slots [b * rows, (b + 1) * rows) of a signature; slots beyond the last band only
/// sharpen estimates.
struct Bands {
  size_t bands;
  size_t rows;

  /// Signatures that agree on the band have equal keys; others, with probability 2**-64.
  uint64_t key(const uint32_t* signature, size_t band) const {
    const auto* slots = reinterpret_cast<const char*>(signature + band * rows);
    return xxh3_64({slots, rows * sizeof(uint32_t)}, band);
  }

  /// The low bits of a bucket, which hold its band.
  uint64_t mask() const { return std::bit_ceil(std::max<size_t>(bands, 1)) - 1; }

  /// Names the bucket in which a document lies: the key, whose low bits give way to the band.
  uint64_t bucket(const uint32_t* signature, size_t band) const {
    return (key(signature, band) & ~mask()) | band;
  }
};

}  // namespace corpusmill::dedup
