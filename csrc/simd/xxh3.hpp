// xxh3: XXH3 of one content, of many, and of one that comes in pieces, for the level being
// compiled. Included by loops.cpp alone; everything has internal linkage.
#pragma once
#include <cstddef>
#include <cstdint>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace {

using corpusmill::simd::Stretch;

void hash_128(const void* bytes, size_t size, uint64_t* halves) {
  const XXH128_hash_t hash = XXH3_128bits(bytes, size);
  halves[0] = hash.low64;
  halves[1] = hash.high64;
}

// Lengths that XXH3 takes the same way through.
struct HashWays {
  static constexpr size_t count = 11;
  static constexpr size_t longest[count - 1] = {3, 8, 16, 32, 64, 96, 128, 160, 192, 240};
  uint8_t of[256];  // a length, or the largest of these

  constexpr HashWays() : of() {
    for (size_t size = 0, way = 0; size < 256; ++size) {
      if (way + 1 < count && size > longest[way]) ++way;
      of[size] = static_cast<uint8_t>(way);
    }
  }
};

// Way by way, so that XXH3's branches can be foretold.
void hash_each(const Stretch* stretches, size_t count, uint64_t* out) {
  static constexpr HashWays ways;
  constexpr size_t batch = 64;
  size_t waiting[HashWays::count][batch];
  size_t sizes[HashWays::count] = {};
  const auto hash = [&](size_t way) {
    for (size_t j = 0; j < sizes[way]; ++j) {
      const size_t i = waiting[way][j];
      out[i] = XXH3_64bits(stretches[i].data, stretches[i].size);
    }
    sizes[way] = 0;
  };
  for (size_t i = 0; i < count; ++i) {
    const size_t size = stretches[i].size;
    const size_t way = ways.of[size < 255 ? size : 255];
    waiting[way][sizes[way]++] = i;
    if (sizes[way] == batch) hash(way);
  }
  for (size_t way = 0; way < HashWays::count; ++way) hash(way);
}

void hash_update(void* state, const void* bytes, size_t size) {
  XXH3_128bits_update(static_cast<XXH3_state_t*>(state), bytes, size);
}

}  // namespace
