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

/// xxh3_128 of bytes that come in pieces.
class StreamHash128 {
 public:
  StreamHash128() { XXH3_128bits_reset(&state_); }
  void update(std::string_view bytes) {
    simd::loops().hash_update(&state_, bytes.data(), bytes.size());
  }
  Hash128 digest() const {
    const XXH128_hash_t h = XXH3_128bits_digest(&state_);
    return {h.low64, h.high64};
  }

 private:
  XXH3_state_t state_;
};

}  // namespace corpusmill
