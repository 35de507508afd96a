// lanewise: what scoring does with vectors of floats, lane by lane. Included by score_loops.cpp
// alone; everything has internal linkage.
#pragma once
#include "simd/floats.hpp"

namespace {

Floats all(float x) { return x - Floats{}; }

// Where y is NaN, y.
Floats min(Floats x, Floats y) {
#ifdef __AVX512F__
  return _mm512_min_ps(x, y);
#elif defined(__AVX2__)
  return _mm256_min_ps(x, y);
#else
  return x < y ? x : y;
#endif
}

Bits max(Bits x, Bits y) {
#ifdef __AVX512F__
  return reinterpret_cast<Bits>(
      _mm512_max_epu32(reinterpret_cast<__m512i>(x), reinterpret_cast<__m512i>(y)));
#elif defined(__AVX2__)
  return reinterpret_cast<Bits>(
      _mm256_max_epu32(reinterpret_cast<__m256i>(x), reinterpret_cast<__m256i>(y)));
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

bool any_greater(Bits x, Bits y) {
#ifdef __AVX512F__
  return _mm512_cmpgt_epu32_mask(reinterpret_cast<__m512i>(x), reinterpret_cast<__m512i>(y)) != 0;
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

// e to the power of -that, -127 ln 2, is 0 here, and so is their product.
constexpr float farthest = 88.0296919F;

// e to the power of -d, for d from 0 to `farthest`, or NaN. Of -d / ln 2 a large number's low bits
// take the whole part, which becomes the exponent; what is left, a polynomial.

// NOLINTBEGIN(modernize-use-std-numbers): the polynomials' coefficients, not constants of nature
#ifdef __AVX512F__

// The whole part and 32nds, which a table has; the rest is in [-1/64, 1/64] (relative error at most
// 5.4e-8 before rounding, exact at 0). The 32nds move up along with the whole part, into bits that
// the table's powers have less of.
alignas(64) constexpr uint32_t powers[32] = {
    0x3f800000, 0x3f7ecd87, 0x3f7daac3, 0x3f7c980f, 0x3f7b95c2, 0x3f7aa43a, 0x3f79c3d3, 0x3f78f4f0,
    0x3f7837f0, 0x3f778d3a, 0x3f76f532, 0x3f767043, 0x3f75fed7, 0x3f75a15b, 0x3f75583f, 0x3f7523f6,
    0x3f7504f3, 0x3f74fbaf, 0x3f7508a4, 0x3f752c4d, 0x3f75672a, 0x3f75b9be, 0x3f76248c, 0x3f76a81e,
    0x3f7744fd, 0x3f77fbb8, 0x3f78ccdf, 0x3f79b907, 0x3f7ac0c7, 0x3f7be4ba, 0x3f7d257d, 0x3f7e83b3};

Floats exp_minus(Floats d) {
  constexpr float large = 393216.0F;  // 1.5 * 2**18
  const __m512i low = _mm512_load_si512(powers), high = _mm512_load_si512(powers + lanes);
  const Floats t = large - d * 1.44269504F;
  const Floats rest = (large - t) - d * 1.44269504F;
  const auto bits = reinterpret_cast<__m512i>(t);
  const auto of_rest = reinterpret_cast<Bits>(_mm512_permutex2var_epi32(low, bits, high));
  const auto power = reinterpret_cast<Floats>(of_rest + (reinterpret_cast<Bits>(bits) << 18));
  const Floats p = rest * 0.240226522F + 0.693157315F;
  return (p * rest + 1.0F) * power;
}

#else

// The rest is in [-1/2, 1/2] (relative error at most 1.1e-7, exact at 0).
Floats exp_minus(Floats d) {
  constexpr float large = 12582912.0F + 127.0F;  // 1.5 * 2**23, and the exponent of 1
  const Floats t = large - d * 1.44269504F;
  const Floats r = (large - t) - d * 1.44269504F;
  Floats p = r * 0.00132647269F + 0.00967151270F;
  p = p * r + 0.0555073374F;
  p = p * r + 0.240222421F;
  p = p * r + 0.693146978F;
  p = p * r + 1.0F;
  return p * reinterpret_cast<Floats>(reinterpret_cast<Bits>(t) << 23);
}

#endif
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
