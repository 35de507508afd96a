// multiply: the product of a strip of rows and a panel of columns, both packed, with all sums in
// registers. Included by what is compiled for one level; everything has internal linkage.
#pragma once
#include "simd/floats.hpp"

namespace {

// Sums of strip x 2 vectors, two vectors of columns and one of a row fill the registers.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr size_t strip = 12;
#else
constexpr size_t strip = 6;
#endif
constexpr size_t panel = 2 * lanes;

// One step of the sums: columns as they are, a row's number in all lanes.
struct Sums {
  static void add(Floats& sum, float row, Floats column) { sum += row * column; }
};

template <class Step>
void multiply(const float* rows, const float* columns, size_t depth, bool fresh, float* tile,
              size_t stride) {
  Floats sums[strip][2] = {};
  for (size_t k = 0; k < depth; ++k, rows += strip, columns += panel) {
    const Floats left = load(columns), right = load(columns + lanes);
    __builtin_prefetch(columns + 16 * panel);
    __builtin_prefetch(columns + 16 * panel + lanes);
#pragma GCC unroll 12
    for (size_t i = 0; i < strip; ++i) {
      Step::add(sums[i][0], rows[i], left);
      Step::add(sums[i][1], rows[i], right);
    }
  }
#pragma GCC unroll 12
  for (size_t i = 0; i < strip; ++i, tile += stride) {
    if (!fresh) {
      sums[i][0] += load(tile);
      sums[i][1] += load(tile + lanes);
    }
    store(sums[i][0], tile);
    store(sums[i][1], tile + lanes);
  }
}

}  // namespace
