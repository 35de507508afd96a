// matrix: rows of floats of several widths, seen where they lie, and widened. Computes nothing.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace corpusmill::scoring {

enum class Type : uint8_t { float32, float16, bfloat16 };

inline size_t size_of(Type type) { return type == Type::float32 ? 4 : 2; }

/// Rows of contiguous numbers, `stride` bytes from each to the next, however aligned.
struct Matrix {
  const std::byte* data;
  size_t rows;
  size_t columns;
  ptrdiff_t stride;
  Type type;

  const std::byte* row(size_t i) const { return data + static_cast<ptrdiff_t>(i) * stride; }
};

inline float from_bfloat16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

/// IEEE 754 binary16. A factor moves the exponent's bias and makes subnormal numbers normal.
inline float from_float16(uint16_t bits) {
  const uint32_t magnitude = bits & 0x7fffu;
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t special = magnitude >= 0x7c00u ? 0x7f800000u : 0;  // infinities and NaN
  const float moved = std::bit_cast<float>(magnitude << 13) * 0x1p112F;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(moved) | special | sign);
}

/// Numbers, from wherever they lie, as floats.
template <float (*widened)(uint16_t)>
void widen(const std::byte* from, size_t count, float* to) {
  for (size_t i = 0; i < count; ++i) {
    uint16_t bits;
    std::memcpy(&bits, from + 2 * i, sizeof bits);
    to[i] = widened(bits);
  }
}

inline void widen(const std::byte* from, Type type, size_t count, float* to) {
  switch (type) {
    case Type::float32: std::memcpy(to, from, count * sizeof *to); break;
    case Type::float16: widen<from_float16>(from, count, to); break;
    case Type::bfloat16: widen<from_bfloat16>(from, count, to); break;
  }
}

}  // namespace corpusmill::scoring
