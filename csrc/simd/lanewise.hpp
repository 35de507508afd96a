// lanewise: what scoring does with vectors of floats, lane by lane. Included by score_loops.cpp
// alone; everything has internal linkage.
#pragma once
#include "simd/floats.hpp"

namespace {

// Of uint16: bfloat16 is the upper half of a float.
Floats load(const uint16_t* from) {
#ifdef __AVX512F__
  const __m512i wide =
      _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
#elif defined(__AVX2__)
  const __m256i wide =
      _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
#else
  uint32_t wide[lanes];
  for (size_t i = 0; i < lanes; ++i) wide[i] = static_cast<uint32_t>(from[i]) << 16;
  Floats x;
  std::memcpy(&x, wide, sizeof x);
  return x;
#endif
}

Floats all(float x) { return x - Floats{}; }

// Where y is NaN, y.
Floats max(Floats x, Floats y) {
#ifdef __AVX512F__
  return _mm512_max_ps(x, y);
#elif defined(__AVX2__)
  return _mm256_max_ps(x, y);
#else
  return x > y ? x : y;
#endif
}

bool any(Ints lanes_of_bits) {
  uint64_t parts[lanes / 2];
  std::memcpy(parts, &lanes_of_bits, sizeof parts);
  uint64_t bits = 0;
  for (const uint64_t part : parts) bits |= part;
  return bits != 0;
}

bool any_greater(Floats x, Floats y) {
#ifdef __AVX512F__
  return _mm512_cmp_ps_mask(x, y, _CMP_GT_OQ) != 0;
#elif defined(__AVX2__)
  return _mm256_movemask_ps(_mm256_cmp_ps(x, y, _CMP_GT_OQ)) != 0;
#else
  return any(x > y);
#endif
}

// The count of each lane, one higher where x > y.
Ints count_greater(Ints count, Floats x, Floats y) {
#ifdef __AVX512F__
  const __mmask16 greater = _mm512_cmp_ps_mask(x, y, _CMP_GT_OQ);
  const auto before = reinterpret_cast<__m512i>(count);
  return reinterpret_cast<Ints>(
      _mm512_mask_sub_epi32(before, greater, before, _mm512_set1_epi32(-1)));
#else
  return count - (x > y);
#endif
}

// The sum of each lane, with `more` where x >= y.
Floats add_where_least(Floats sum, Floats more, Floats x, Floats y) {
#ifdef __AVX512F__
  return _mm512_mask_add_ps(sum, _mm512_cmp_ps_mask(x, y, _CMP_GE_OQ), sum, more);
#else
  return sum + (x >= y ? more : Floats{});
#endif
}

// 2 to the power of the nearest whole number to t, times x; 0 far below the least float. `rest` is
// t less that number. t <= 0.
Floats scaled(Floats x, Floats t, Floats rest) {
#ifdef __AVX512F__
  return _mm512_scalef_ps(x, t - rest);
#else
  const Floats whole = (t - rest) + 12582912.0F;  // 1.5 * 2**23: the number is in the low bits
  const Bits power = (reinterpret_cast<Bits>(whole) << 23) + 0x3f800000u;
  return t < -126.0F ? Floats{} : x * reinterpret_cast<Floats>(power);
#endif
}

Floats rest_of(Floats t) {
#ifdef __AVX512F__
  return _mm512_reduce_ps(t, _MM_FROUND_TO_NEAREST_INT);
#else
  return t - ((t + 12582912.0F) - 12582912.0F);
#endif
}

// e to the power of d, for d from -200 to 0, or NaN: of 2 to the power of d / ln 2 the fraction, in
// [-1/2, 1/2], by a polynomial (relative error at most 1.1e-7, exact at 0).
// NOLINTBEGIN(modernize-use-std-numbers): the polynomial's coefficients, not constants of nature
Floats exp(Floats d) {
  const Floats t = d * 1.44269504F;
  const Floats r = rest_of(t);
  Floats p = r * 0.00132647269F + 0.00967151270F;
  p = p * r + 0.0555073374F;
  p = p * r + 0.240222421F;
  p = p * r + 0.693146978F;
  p = p * r + 1.0F;
  return scaled(p, t, r);
}
// NOLINTEND(modernize-use-std-numbers)

template <class Lanes>
double sum(Lanes x) {
  constexpr size_t quads = lanes / 4;
  using Lane = decltype(x[0] + x[0]);
  using Quad __attribute__((vector_size(16))) = Lane;
  Quad parts[quads];
  std::memcpy(parts, &x, sizeof x);
  for (size_t i = 1; i < quads; ++i) parts[0] += parts[i];
  return static_cast<double>((parts[0][0] + parts[0][2]) + (parts[0][1] + parts[0][3]));
}

}  // namespace
