// floats: as many floats as a register of the level being compiled holds. Included by what is
// compiled for one level alone; everything has internal linkage, so no level's code reaches
// another.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace {

#ifdef __AVX512F__
constexpr size_t lanes = 16;
#elif defined(__AVX2__)
constexpr size_t lanes = 8;
#else
constexpr size_t lanes = 4;
#endif

using Floats __attribute__((vector_size(4 * lanes))) = float;
using Ints __attribute__((vector_size(4 * lanes))) = int32_t;
using Bits __attribute__((vector_size(4 * lanes))) = uint32_t;

Floats load(const float* from) {
  Floats x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

void store(Floats x, float* to) { std::memcpy(to, &x, sizeof x); }

}  // namespace
