// hash: XXH3-128 by the widest loops this CPU has: of contents, files, all that may be long.
#pragma once
#include <string_view>

#include "core/hash.hpp"
#include "simd/loops.hpp"

namespace corpusmill {

inline Hash128 xxh3_128(std::string_view bytes) {
  uint64_t halves[2];
  simd::loops().hash_128(bytes.data(), bytes.size(), halves);
  return {halves[0], halves[1]};
}

}  // namespace corpusmill
