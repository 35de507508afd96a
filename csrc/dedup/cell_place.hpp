// cell_place: a cell and where it lies, in one number of 56 bits, ascending with the position of
// its first window; and in 60 bits, what of its ends is less than a character. Documents lie end to
// end, and positions count their bytes.
#pragma once
#include <cstdint>
#include <string_view>

#include "ngram/cells.hpp"
#include "text/utf8.hpp"

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

/// A place, and how many bytes after the begin of a cell and before its end belong to characters
/// that it does not hold whole.
struct TrimmedPlace {
  static constexpr int bits = 4;

  static uint64_t pack(uint64_t place, std::string_view document, size_t begin, size_t end) {
    const size_t character = text::character_begin(document, begin);
    size_t inside = character;
    if (character < begin) {
      inside += text::decode(&document[character], document.data() + document.size()).size;
    }
    const size_t last = end < document.size() ? text::character_begin(document, end) : end;
    return place << bits | (inside - begin) << 2 | (end - last);
  }

  static uint64_t place(uint64_t trimmed) { return trimmed >> bits; }
  static size_t at_begin(uint64_t trimmed) { return trimmed >> 2 & 3; }
  static size_t at_end(uint64_t trimmed) { return trimmed & 3; }
};

}  // namespace corpusmill::dedup
