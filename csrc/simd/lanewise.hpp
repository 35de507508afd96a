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

// e to the power of that, -127 ln 2, is 0 here, and so is their product.
constexpr float farthest = -88.0296919F;

// e to the power of d, for d from `farthest` to 0, or NaN. Of d / ln 2 a large number's low bits
// take the whole part, which becomes the exponent; what is left, a polynomial. Several at a time,
// for one waits for itself at every step.

// NOLINTBEGIN(modernize-use-std-numbers): the polynomials' coefficients, not constants of nature
#ifdef __AVX512F__

// The whole part and 32nds, which a table has; the rest is in [-1/64, 1/64] (relative error at most
// 5.4e-8 before rounding, exact at 0).
alignas(64) constexpr float powers[32] = {
    1.0F,        1.0218972F,  1.04427373F, 1.06714046F, 1.09050775F, 1.1143868F,  1.13878858F,
    1.1637249F,  1.18920708F, 1.21524739F, 1.24185777F, 1.26905096F, 1.29683959F, 1.32523668F,
    1.35425556F, 1.38390994F, 1.41421354F, 1.44518077F, 1.47682619F, 1.50916445F, 1.54221082F,
    1.5759809F,  1.61049032F, 1.64575553F, 1.68179286F, 1.71861935F, 1.75625217F, 1.79470909F,
    1.8340081F,  1.87416768F, 1.91520655F, 1.95714414F};

template <size_t n>
[[gnu::always_inline]] inline void exp(const Floats (&d)[n], Floats (&e)[n]) {
  constexpr float large = 393216.0F;  // 1.5 * 2**18
  const Floats low = load(powers), high = load(powers + lanes);
  Floats rest[n], power[n];
#pragma GCC unroll 4
  for (size_t i = 0; i < n; ++i) {
    const Floats t = d[i] * 1.44269504F + large;
    rest[i] = d[i] * 1.44269504F - (t - large);
    const auto bits = reinterpret_cast<__m512i>(t);
    const auto of_rest = reinterpret_cast<Bits>(_mm512_permutex2var_ps(low, bits, high));
    power[i] = reinterpret_cast<Floats>(of_rest + ((reinterpret_cast<Bits>(bits) & ~31u) << 18));
  }
#pragma GCC unroll 4
  for (size_t i = 0; i < n; ++i) e[i] = rest[i] * 0.240226522F + 0.693157315F;
#pragma GCC unroll 4
  for (size_t i = 0; i < n; ++i) e[i] = e[i] * rest[i] + 1.0F;
#pragma GCC unroll 4
  for (size_t i = 0; i < n; ++i) e[i] *= power[i];
}

#else

// The rest is in [-1/2, 1/2] (relative error at most 1.1e-7, exact at 0).
template <size_t n>
[[gnu::always_inline]] inline void exp(const Floats (&d)[n], Floats (&e)[n]) {
  constexpr float large = 12582912.0F + 127.0F;  // 1.5 * 2**23, and the exponent of 1
#pragma GCC unroll 4
  for (size_t i = 0; i < n; ++i) {
    const Floats t = d[i] * 1.44269504F + large;
    const Floats r = d[i] * 1.44269504F - (t - large);
    Floats p = r * 0.00132647269F + 0.00967151270F;
    p = p * r + 0.0555073374F;
    p = p * r + 0.240222421F;
    p = p * r + 0.693146978F;
    p = p * r + 1.0F;
    e[i] = p * reinterpret_cast<Floats>(reinterpret_cast<Bits>(t) << 23);
  }
}

#endif
// NOLINTEND(modernize-use-std-numbers)

Floats exp(Floats d) {
  const Floats from[1] = {d};
  Floats e[1];
  exp(from, e);
  return e[0];
}

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
