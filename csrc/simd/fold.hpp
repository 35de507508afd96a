// fold: logits of a row into its sums, in one sweep. Included by score_loops.cpp alone; everything
// has internal linkage.
//
// Sums are kept per lane, relative to the greatest logit so far; when a group of vectors holds a
// greater one, which is rare, they are rescaled. After some groups they go into the row's doubles.
#pragma once
#include "simd/lanewise.hpp"
#include "simd/score_loops.hpp"

namespace {

using corpusmill::simd::LogitSums;

constexpr size_t group = 4;         // vectors
constexpr size_t flush_after = 32;  // groups
constexpr float least_float = -3.40282347e38F;

// A distance from the greatest, never infinite: an infinity times 0 would be NaN.
Floats bounded(Floats d) { return max(all(farthest), d); }

double bounded(double d) { return d > -800 ? d : -800; }  // e to that power is 0 in doubles

template <int level>
struct Folding {
  float greatest;
  int32_t argmax;
  Floats reference;  // the greatest, or instead of -infinity the least float
  Floats target;
  Floats s, u, q, c, above;
  Ints rank;

  explicit Folding(const LogitSums& sums)
      : greatest(sums.greatest), argmax(sums.argmax), target(all(sums.target)) {
    refer();
    clear();
  }

  void refer() { reference = all(greatest < least_float ? least_float : greatest); }

  void clear() {
    s = u = q = c = above = Floats{};
    rank = Ints{};
  }

  void add(const Floats* logits, size_t first) {
    const Floats most = max(max(logits[0], logits[1]), max(logits[2], logits[3]));
    if (__builtin_expect(any_greater(most, all(greatest)), 0)) raise(logits, most, first);
    Floats d[group], e[group];
#pragma GCC unroll 4
    for (size_t i = 0; i < group; ++i) d[i] = bounded(logits[i] - reference);
    exp(d, e);
#pragma GCC unroll 4
    for (size_t i = 0; i < group; ++i) {
      s += e[i];
      if constexpr (level > 0) {
        const Floats de = d[i] * e[i];
        u += de;
        q += d[i] * de;
      }
      if constexpr (level > 1) {
        c += e[i] * e[i];
        above = add_where_least(above, e[i], logits[i], target);
        rank = count_greater(rank, logits[i], target);
      }
    }
  }

  // One of these is greater than all before: sums are relative to it from now on.
  void raise(const Floats* logits, Floats most, size_t first) {
    for (size_t j = 0; j < lanes; ++j) greatest = most[j] > greatest ? most[j] : greatest;
    size_t i = 0;
    while (!any(logits[i] == all(greatest))) ++i;
    size_t j = 0;
    while (logits[i][j] != greatest) ++j;
    argmax = static_cast<int32_t>(first + i * lanes + j);
    const Floats before = reference;
    refer();
    const Floats d = bounded(before - reference);
    const Floats f = exp(d);
    if constexpr (level > 0) {
      q = f * (q + d * (2.0F * u + d * s));
      u = f * (u + d * s);
    }
    s *= f;
    if constexpr (level > 1) {
      c *= f * f;
      above *= f;
    }
  }

  void flush(LogitSums& sums) {
    const double d = sums.greatest == greatest ? 0 : bounded(double{sums.greatest} - greatest);
    const double f = d == 0 ? 1 : __builtin_exp(d);
    if constexpr (level > 0) {
      sums.q = f * (sums.q + d * (2 * sums.u + d * sums.s)) + sum(q);
      sums.u = f * (sums.u + d * sums.s) + sum(u);
    }
    sums.s = f * sums.s + sum(s);
    if constexpr (level > 1) {
      sums.c = f * f * sums.c + sum(c);
      sums.above = f * sums.above + sum(above);
      sums.rank += static_cast<int64_t>(sum(rank));
    }
    sums.greatest = greatest;
    sums.argmax = argmax;
    clear();
  }
};

constexpr float minus_infinity(float /*of*/) { return -__builtin_inff(); }
constexpr uint16_t minus_infinity(uint16_t /*of*/) { return 0xff80; }

template <int level, class Logit>
void fold(const void* from, size_t count, size_t first, LogitSums* sums) {
  constexpr size_t step = group * lanes;
  const auto* logits = static_cast<const Logit*>(from);
  Folding<level> folding(*sums);
  const auto add = [&](const Logit* at, size_t index) __attribute__((always_inline)) {
    const Floats wide[group] = {load(at), load(at + lanes), load(at + 2 * lanes),
                                load(at + 3 * lanes)};
    folding.add(wide, index);
  };
  size_t i = 0;
  while (i + step <= count) {
    const size_t groups = (count - i) / step;
    const size_t end = i + step * (groups < flush_after ? groups : flush_after);
    for (; i < end; i += step) add(logits + i, first + i);
    folding.flush(*sums);
  }
  if (i == count) return;
  Logit rest[step];
  for (Logit& logit : rest) logit = minus_infinity(Logit{});
  std::memcpy(rest, logits + i, (count - i) * sizeof(Logit));
  add(rest, first + i);
  folding.flush(*sums);
}

}  // namespace
