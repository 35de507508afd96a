// fold: logits of a row into its sums, in one sweep. Included by score_loops.cpp alone; everything
// has internal linkage.
//
// Sums are relative to the greatest logit so far. A sweep keeps them per lane, in registers, until
// some groups of vectors are done or one holds a greater logit, which is rare; they then go into
// the row's doubles, which alone are rescaled.
#pragma once
#include "simd/lanewise.hpp"
#include "simd/score_loops.hpp"

namespace {

using corpusmill::simd::LogitSums;

constexpr size_t group = 4;  // vectors
constexpr size_t step = group * lanes;
constexpr size_t most_groups = 32;  // of a sweep
constexpr float least_float = -3.40282347e38F;

// Where d is NaN, d.
Floats bounded(Floats d) { return min(all(farthest), d); }

// The distance of x from the greatest, which may be -infinity, too. Never infinite: an infinity
// times 0 would be NaN.
Floats bounded(Floats d, Floats x) { return bounded(x < least_float ? all(farthest) : d); }

double bounded(double d) { return d > -800 ? d : -800; }  // e to that power is 0 in doubles

void load(const float* from, Floats (&x)[group]) {
  for (size_t j = 0; j < group; ++j) x[j] = load(from + j * lanes);
}

// Of bfloat16, the upper half of a float: units of two, of which all the first make a vector, and
// all the second. (Sums are of lanes in any order, and lanes always hold the same.)
void load(const uint16_t* from, Floats (&x)[group]) {
  for (size_t j = 0; j < group; j += 2) {
    Bits pairs;
    std::memcpy(&pairs, from + j * lanes, sizeof pairs);
    x[j] = reinterpret_cast<Floats>(pairs << 16);
    x[j + 1] = reinterpret_cast<Floats>(pairs & 0xffff0000u);
  }
}

float widened(float logit) { return logit; }

float widened(uint16_t logit) {
  const uint32_t bits = static_cast<uint32_t>(logit) << 16;
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// Sums of lanes; d is a logit's distance from the greatest.
template <int level>
struct LaneSums {
  Floats s{}, u{}, q{}, c{}, above{};
  Ints rank{};

  void add(Floats x, Floats d, Floats target) {
    const Floats e = exp_minus(d);
    s += e;
    if constexpr (level > 0) {
      const Floats de = d * e;
      u += de;
      q += d * de;
    }
    if constexpr (level > 1) {
      c += e * e;
      above = add_where_least(above, e, x, target);
      rank = count_greater(rank, x, target);
    }
  }

  void flush(LogitSums& sums) const {
    sums.s += sum(s);
    if constexpr (level > 0) {
      sums.u -= sum(u);  // there d is negative
      sums.q += sum(q);
    }
    if constexpr (level > 1) {
      sums.c += sum(c);
      sums.above += sum(above);
      sums.rank += static_cast<int64_t>(sum(rank));
    }
  }
};

// Whether some distance is negative, far or NaN: as bits, all these are more than `farthest`.
bool any_strange(const Floats (&d)[group]) {
  const auto bits = [&](size_t j) { return reinterpret_cast<Bits>(d[j]); };
  const Bits most = max(max(bits(0), bits(1)), max(bits(2), bits(3)));
  return any_greater(most, reinterpret_cast<Bits>(all(farthest)));
}

// Adds whole groups up to the first that holds a logit greater than the greatest; gives how many
// logits they are.
template <int level, class Logit>
size_t sweep(const Logit* logits, size_t count, LogitSums& sums) {
  const Floats target = all(sums.target), greatest = all(sums.greatest);
  LaneSums<level> lane_sums;
  size_t i = 0;
  for (; i < count; i += step) {
    Floats x[group], d[group];
    load(logits + i, x);
#pragma GCC unroll 4
    for (size_t j = 0; j < group; ++j) d[j] = greatest - x[j];
    if (__builtin_expect(any_strange(d), 0)) {
      if (any((d[0] < 0.0F) | (d[1] < 0.0F) | (d[2] < 0.0F) | (d[3] < 0.0F))) break;
#pragma GCC unroll 4
      for (size_t j = 0; j < group; ++j) d[j] = bounded(d[j], x[j]);
    }
#pragma GCC unroll 4
    for (size_t j = 0; j < group; ++j) lane_sums.add(x[j], d[j], target);
  }
  lane_sums.flush(sums);
  return i;
}

// The greatest is one of this group; sums are relative to it from now on.
template <int level, class Logit>
void raise(const Logit* logits, size_t first, LogitSums& sums) {
  const double before = sums.greatest;
  for (size_t i = 0; i < step; ++i) {
    const float logit = widened(logits[i]);
    if (!(logit > sums.greatest)) continue;
    sums.greatest = logit;
    sums.argmax = static_cast<int32_t>(first + i);
  }
  const double d = bounded(before - sums.greatest), f = __builtin_exp(d);
  if constexpr (level > 0) {
    sums.q = f * (sums.q + d * (2 * sums.u + d * sums.s));
    sums.u = f * (sums.u + d * sums.s);
  }
  sums.s *= f;
  sums.c *= f * f;
  sums.above *= f;
}

template <int level, class Logit>
void fold_groups(const Logit* logits, size_t count, size_t first, LogitSums& sums) {
  for (size_t i = 0; i < count;) {
    const size_t here = count - i < most_groups * step ? count - i : most_groups * step;
    const size_t done = sweep<level>(logits + i, here, sums);
    i += done;
    if (done < here) raise<level>(logits + i, first + i, sums);
  }
}

constexpr float minus_infinity(float /*of*/) { return -__builtin_inff(); }
constexpr uint16_t minus_infinity(uint16_t /*of*/) { return 0xff80; }

template <int level, class Logit>
void fold(const void* from, size_t count, size_t first, LogitSums* sums) {
  const auto* logits = static_cast<const Logit*>(from);
  const size_t whole = count / step * step;
  fold_groups<level>(logits, whole, first, *sums);
  if (whole == count) return;
  Logit rest[step];
  for (Logit& logit : rest) logit = minus_infinity(Logit{});
  std::memcpy(rest, logits + whole, (count - whole) * sizeof(Logit));
  fold_groups<level>(rest, step, first + whole, *sums);
}

}  // namespace
