// cell_place: a cell and where its document begins, in one number of 56 bits, ascending with the
// position of its first window. Documents lie end to end, and positions count their bytes.
#pragma once
#include <cstdint>

#include "ngram/cells.hpp"

namespace corpusmill::dedup {

struct CellPlace {
  static constexpr int bits = 6;  // of a place in a cell, and of a count below one
  static constexpr uint64_t mask = (1u << bits) - 1;
  static constexpr uint64_t most_bytes = uint64_t{1} << 44;
  static_assert(ngram::CellShape::most_span <= mask + 1);

  static uint64_t pack(uint64_t document, const ngram::Cell& cell) {
    return (document + cell.first) << 2 * bits | cell.offset << bits | (cell.count - 1);
  }

  /// The least place of a cell whose first window is at the position.
  static uint64_t least(uint64_t position) { return position << 2 * bits; }

  static uint64_t position(uint64_t place) { return place >> 2 * bits; }

  static ngram::Cell unpack(uint64_t place, uint64_t document) {
    return {position(place) - document, place >> bits & mask, (place & mask) + 1};
  }
};

}  // namespace corpusmill::dedup
