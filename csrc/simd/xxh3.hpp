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
  static constexpr size_t count = 11, batch = 64;
  static constexpr size_t longest[count] = {3, 8, 16, 32, 64, 96, 128, 160, 192, 240, ~size_t{0}};
  uint8_t of[256] = {};  // a length, or the largest of these

  constexpr HashWays() {
    for (size_t size = 0, way = 0; size < 256; ++size) {
      if (size > longest[way]) ++way;
      of[size] = static_cast<uint8_t>(way);
    }
  }
};

// Those of one way, whose branches the compiler then leaves out, or which can be foretold.
template <size_t way>
void hash_those(const Stretch* stretches, const size_t* which, size_t count, uint64_t* out) {
  for (size_t j = 0; j < count; ++j) {
    const Stretch stretch = stretches[which[j]];
    const auto size = static_cast<size_t>(stretch.end - stretch.begin);
    if (size > HashWays::longest[way]) __builtin_unreachable();
    if (way > 0 && size <= HashWays::longest[way - (way > 0)]) __builtin_unreachable();
    out[which[j]] = XXH3_64bits(stretch.begin, size);
  }
}

// Way by way.
void hash_each(const Stretch* stretches, size_t count, uint64_t* out) {
  static constexpr HashWays ways;
  static constexpr decltype(&hash_those<0>) those[HashWays::count] = {
      hash_those<0>, hash_those<1>, hash_those<2>, hash_those<3>, hash_those<4>, hash_those<5>,
      hash_those<6>, hash_those<7>, hash_those<8>, hash_those<9>, hash_those<10>};
  size_t waiting[HashWays::count][HashWays::batch];
  size_t sizes[HashWays::count] = {};
  for (size_t i = 0; i < count; ++i) {
    const auto size = static_cast<size_t>(stretches[i].end - stretches[i].begin);
    const size_t way = ways.of[size < 255 ? size : 255];
    waiting[way][sizes[way]++] = i;
    if (sizes[way] < HashWays::batch) continue;
    those[way](stretches, waiting[way], HashWays::batch, out);
    sizes[way] = 0;
  }
  for (size_t way = 0; way < HashWays::count; ++way) {
    those[way](stretches, waiting[way], sizes[way], out);
  }
}

void hash_update(void* state, const void* bytes, size_t size) {
  XXH3_128bits_update(static_cast<XXH3_state_t*>(state), bytes, size);
}

}  // namespace
