// packed: rows of a matrix as the products want them: some rows side by side, number after number.
// Multiplies nothing.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>

#include "core/pages.hpp"
#include "scoring/matrix.hpp"

namespace corpusmill::scoring {

/// How numbers lie in 32-bit units: one as a float, or two of bfloat16, the first in the low half.
struct Units {
  bool pairs;
  size_t depth;  // units of a row, at least one

  Units(bool in_pairs, size_t numbers)
      : pairs(in_pairs), depth(std::max<size_t>(1, in_pairs ? (numbers + 1) / 2 : numbers)) {}
};

/// Groups of `width` rows. The depth is cut into blocks that caches hold; a block of all groups
/// lies before the next block, a group's part of it in one piece.
class Packed {
 public:
  static constexpr size_t block = 1024;  // units

  Packed(size_t num_groups, size_t width, const Units& units)
      : num_groups_(num_groups),
        width_(width),
        units_(units),
        data_(num_groups * width * units.depth) {}

  /// row(i) gives where row i of the group lies, one of those of the matrix, or null for zeros.
  template <class Row>
  void pack(size_t group, const Row& row, const Matrix& matrix) {
    for (size_t i = 0; i < width_; ++i) {
      const std::byte* const from = row(i);
      for (size_t k = 0; k < units_.depth; k += piece) {
        float values[piece];
        const size_t count = std::min(piece, units_.depth - k);
        gather(from, matrix, k, count, values);
        float* const to = at(group, k) + i;
        for (size_t j = 0; j < count; ++j) to[j * width_] = values[j];
      }
    }
  }

  /// The group's part of the block that unit k is in, from k on.
  const float* part(size_t group, size_t k) const {
    return const_cast<Packed*>(this)->at(group,
                                         k);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  }

 private:
  static constexpr size_t piece = 64;  // divides block

  float* at(size_t group, size_t k) {
    const size_t begin = k / block * block;
    const size_t depth = std::min(block, units_.depth - begin);
    return data_.data() + width_ * (begin * num_groups_ + group * depth + (k - begin));
  }

  void gather(const std::byte* from, const Matrix& matrix, size_t k, size_t count,
              float* to) const {
    const size_t per_unit = units_.pairs ? 2 : 1;
    std::fill_n(to, count, 0.0F);
    if (from == nullptr) return;
    const size_t first = k * per_unit;
    const size_t numbers = std::min(count * per_unit, matrix.columns - first);
    from += first * size_of(matrix.type);
    if (units_.pairs) {
      std::memcpy(to, from, 2 * numbers);
    } else {
      widen(from, matrix.type, numbers, to);
    }
  }

  size_t num_groups_, width_;
  Units units_;
  PageVector<float> data_;
};

}  // namespace corpusmill::scoring
