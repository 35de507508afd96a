// sha256_ni: the compression function by the SHA instructions of x86-64, two messages at a time:
// one alone would wait for each round's result. Compiled with those instructions, so it includes
// nothing that another file compiles too.
#include <immintrin.h>

#include "simd/sha256.hpp"

namespace corpusmill::simd {

void sha256_ni(const Sha256Block* blocks, size_t count, Sha256State* states);

namespace {

// The instructions keep the state as ABEF and CDGH, highest word first.
struct Halves {
  __m128i abef, cdgh;
};

Halves load(const uint32_t* state) {
  const __m128i abcd = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state));
  const __m128i efgh = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state + 4));
  const __m128i badc = _mm_shuffle_epi32(abcd, 0xb1);
  const __m128i hgfe = _mm_shuffle_epi32(efgh, 0x1b);
  return {_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

void store(Halves halves, uint32_t* state) {
  const __m128i feba = _mm_shuffle_epi32(halves.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(halves.cdgh, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

template <size_t lanes>
void compress(const Sha256Block* blocks, Sha256State* states) {
  const __m128i swapped = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  Halves before[lanes], now[lanes];
  __m128i words[lanes][4];
  for (size_t i = 0; i < lanes; ++i) {
    before[i] = now[i] = load(states[i]);
    for (size_t j = 0; j < 4; ++j) {
      const auto* four = reinterpret_cast<const __m128i*>(blocks[i] + 16 * j);
      words[i][j] = _mm_shuffle_epi8(_mm_loadu_si128(four), swapped);
    }
  }
#pragma GCC unroll 16
  for (size_t r = 0; r < 16; ++r) {
    const auto* four = reinterpret_cast<const __m128i*>(sha256_constants + 4 * r);
    const __m128i constants = _mm_loadu_si128(four);
#pragma GCC unroll 2
    for (size_t i = 0; i < lanes; ++i) {
      __m128i* const w = words[i];
      const __m128i sum = _mm_add_epi32(w[r % 4], constants);
      now[i].cdgh = _mm_sha256rnds2_epu32(now[i].cdgh, now[i].abef, sum);
      now[i].abef = _mm_sha256rnds2_epu32(now[i].abef, now[i].cdgh, _mm_shuffle_epi32(sum, 0x0e));
      if (r >= 12) continue;
      const __m128i early = _mm_sha256msg1_epu32(w[r % 4], w[(r + 1) % 4]);
      const __m128i middle = _mm_alignr_epi8(w[(r + 3) % 4], w[(r + 2) % 4], 4);
      w[r % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(early, middle), w[(r + 3) % 4]);
    }
  }
  for (size_t i = 0; i < lanes; ++i) {
    store({_mm_add_epi32(now[i].abef, before[i].abef), _mm_add_epi32(now[i].cdgh, before[i].cdgh)},
          states[i]);
  }
}

}  // namespace

void sha256_ni(const Sha256Block* blocks, size_t count, Sha256State* states) {
  size_t i = 0;
  for (; i + 2 <= count; i += 2) compress<2>(blocks + i, states + i);
  if (i < count) compress<1>(blocks + i, states + i);
}

}  // namespace corpusmill::simd
