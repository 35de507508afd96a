// products: a tile of products of packed rows and packed columns, in one order of additions
// whatever else is in the tile. Folds nothing.
#pragma once
#include <algorithm>
#include <cstddef>

#include "scoring/packed.hpp"
#include "simd/score_loops.hpp"

namespace corpusmill::scoring {

/// How many groups of this width so many rows fill.
inline size_t groups(size_t rows, size_t width) { return (rows + width - 1) / width; }

/// Some groups of packed rows or columns.
struct Groups {
  const Packed& packed;
  size_t first;
  size_t count;
};

class Products {
 public:
  static constexpr size_t stride = 1024;  // of a tile; a multiple of every panel

  /// Of rows and columns of this type, so many numbers long.
  Products(Type type, size_t numbers)
      : multiply_(type == Type::bfloat16 ? simd::multiply_pairs() : nullptr),
        units_(multiply_ != nullptr, numbers) {
    if (multiply_ == nullptr) multiply_ = loops_.multiply;
  }

  const Units& units() const { return units_; }
  Packed rows(size_t count) const { return {groups(count, loops_.strip), loops_.strip, units_}; }
  Packed columns(size_t count) const { return {groups(count, loops_.panel), loops_.panel, units_}; }

  /// Columns are those of at most one stride.
  void operator()(const Groups& rows, const Groups& columns, float* tile) const {
    for (size_t k = 0; k < units_.depth; k += Packed::block) {
      const size_t depth = std::min(Packed::block, units_.depth - k);
      for (size_t j = 0; j < columns.count; ++j) {
        for (size_t i = 0; i < rows.count; ++i) {
          multiply_(rows.packed.part(rows.first + i, k), columns.packed.part(columns.first + j, k),
                    depth, k == 0, tile + i * loops_.strip * stride + j * loops_.panel, stride);
        }
      }
    }
  }

 private:
  const simd::ScoreLoops& loops_ = simd::score_loops();
  simd::ScoreLoops::Multiply multiply_;
  Units units_;
};

}  // namespace corpusmill::scoring
