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
    for (size_t k = 0; k < units_.depth; k += piece) {
      const size_t count = std::min(piece, units_.depth - k);
      float* const to = at(group, k);
      float values[4][piece];
      for (size_t i = 0; i < width_; i += 4) {
        const size_t num_rows = std::min<size_t>(4, width_ - i);
        for (size_t j = 0; j < num_rows; ++j) gather(row(i + j), matrix, k, count, values[j]);
        if (num_rows == 4 && count == piece) {
          interleave(values, to + i);
        } else {
          for (size_t j = 0; j < num_rows * count; ++j) {
            to[j / num_rows * width_ + i + j % num_rows] = values[j % num_rows][j / num_rows];
          }
        }
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

  using Four __attribute__((vector_size(16))) = float;

  /// Four rows of a piece side by side.
  void interleave(const float (*rows)[piece], float* to) const {
    for (size_t k = 0; k < piece; k += 4) {
      Four a, b, c, d;
      std::memcpy(&a, rows[0] + k, sizeof a);
      std::memcpy(&b, rows[1] + k, sizeof b);
      std::memcpy(&c, rows[2] + k, sizeof c);
      std::memcpy(&d, rows[3] + k, sizeof d);
      const Four ac = __builtin_shufflevector(a, c, 0, 4, 1, 5);
      const Four bd = __builtin_shufflevector(b, d, 0, 4, 1, 5);
      const Four ac_high = __builtin_shufflevector(a, c, 2, 6, 3, 7);
      const Four bd_high = __builtin_shufflevector(b, d, 2, 6, 3, 7);
      const Four columns[4] = {__builtin_shufflevector(ac, bd, 0, 4, 1, 5),
                               __builtin_shufflevector(ac, bd, 2, 6, 3, 7),
                               __builtin_shufflevector(ac_high, bd_high, 0, 4, 1, 5),
                               __builtin_shufflevector(ac_high, bd_high, 2, 6, 3, 7)};
      for (size_t j = 0; j < 4; ++j) std::memcpy(to + (k + j) * width_, &columns[j], sizeof a);
    }
  }

  float* at(size_t group, size_t k) {
    const size_t begin = k / block * block;
    const size_t depth = std::min(block, units_.depth - begin);
    return data_.data() + width_ * (begin * num_groups_ + group * depth + (k - begin));
  }

  void gather(const std::byte* from, const Matrix& matrix, size_t k, size_t count,
              float* to) const {
    const size_t per_unit = units_.pairs ? 2 : 1;
    const size_t first = k * per_unit;
    const size_t numbers = from == nullptr ? 0 : std::min(count * per_unit, matrix.columns - first);
    if (numbers < count * per_unit) std::fill_n(to, count, 0.0F);
    if (numbers == 0) return;
    from += first * size_of(matrix.type);
    const size_t ahead = count * size_of(matrix.type) * per_unit;
    for (size_t byte = 0; byte < ahead; byte += 64) __builtin_prefetch(from + ahead + byte);
    if (!units_.pairs && matrix.type != Type::float32) {
      widen(from, matrix.type, numbers, to);
    } else if (numbers == piece * per_unit) {
      std::memcpy(to, from, piece * sizeof *to);  // of a size that the compiler knows
    } else {
      std::memcpy(to, from, numbers * size_of(matrix.type));
    }
  }

  size_t num_groups_, width_;
  Units units_;
  PageVector<float> data_;
};

}  // namespace corpusmill::scoring
