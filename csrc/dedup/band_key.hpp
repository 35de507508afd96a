// band_key: the hash of one band of a signature. Definition 1, on which stored tables rest: XXH3-64
// of the band's slots as little-endian bytes, the band's number as seed.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/hash.hpp"

namespace corpusmill::dedup {

inline uint64_t band_key(const uint32_t* signature, size_t band, size_t rows) {
  const auto* slots = reinterpret_cast<const char*>(signature + band * rows);
  return xxh3_64({slots, rows * sizeof(uint32_t)}, band);
}

}  // namespace corpusmill::dedup
