// cells: the windows of a document, a few dozen at a time, grouped by what they hold, not by where
// they stand: equal windows lie in equal places of cells with equal cores. Compares none.
//
//   window   `size` consecutive bytes of a document, told by the offset of its first byte
//   anchor   of a window: the 8 bytes inside it whose product with a constant is least, the
//            leftmost of equals (winnowing: Schleimer, Wilkerson and Aiken, SIGMOD 2003)
//   cell     consecutive windows with one anchor, whose distances to it have one quotient by
//            `span`; the bytes that any window of such a cell must have are its core
//
// A text of random bytes has about 2 / size + 1 / span cells a byte; any text at most one a byte.
// Oracle: tests/oracles_passages.py finds equal windows without cells.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/hash.hpp"
#include "simd/hash.hpp"

namespace corpusmill::ngram {

/// Sizes of windows and of cells.
struct CellShape {
  static constexpr size_t gram = 8;  // bytes of an anchor
  static constexpr size_t least_window = 2 * gram;
  static constexpr size_t most_span = 64;

  explicit CellShape(size_t window_bytes)
      : CellShape(window_bytes, std::min(std::bit_floor(window_bytes / 3), most_span)) {}
  CellShape(size_t window_bytes, size_t cell_span) : window(window_bytes), span(cell_span) {}

  size_t grams() const { return window - gram + 1; }  // of a window
  size_t core() const { return window - span + 1; }   // bytes
  /// Cells cut into finer ones; a span of 1 is that of windows.
  CellShape finer() const { return {window, std::max<size_t>(span / 8, 1)}; }

  size_t window;
  size_t span;  // windows for which a cell has room
};

/// Windows first, ..., first + count - 1, in the places offset, ..., of a cell.
struct Cell {
  size_t first;
  size_t offset;
  size_t count;
};

/// Walks documents; memory O(log size) as a rule, O(size) at worst. One per thread.
class CellWalk {
 public:
  explicit CellWalk(const CellShape& shape) : shape_(shape) {}

  /// Calls sink(cell) for the cells of windows begin, ..., end - 1 of a document, ascending. A cell
  /// that goes on beyond them is cut. O(end - begin + size).
  template <class Sink>
  void operator()(std::string_view document, size_t begin, size_t end, Sink&& sink) {
    const size_t grams = shape_.grams();
    size_t start = begin;  // of the windows whose anchor this is
    Gram anchor{0, SIZE_MAX};
    const auto change = [&](size_t window, Gram next) {
      if (next.at == anchor.at) return;
      if (window > start) cut(start, window, anchor.at, sink);
      start = window;
      anchor = next;
    };
    for (size_t block = begin; block < end; block += grams) {
      least_from(document, block);
      change(block, least_.back());
      Gram ahead{UINT64_MAX, SIZE_MAX};  // the least from block + grams on
      for (size_t window = block + 1; window < std::min(block + grams, end); ++window) {
        const size_t last = window + grams - 1;
        const uint64_t entering = hash(document, last);
        if (entering < ahead.hash) {
          ahead = {entering, last};
          if (entering < anchor.hash) change(window, ahead);
        }
        if (anchor.at >= window) continue;
        while (least_.back().at < window) least_.pop_back();
        change(window, least_.back().hash <= ahead.hash ? least_.back() : ahead);
      }
    }
    if (end > start) cut(start, end, anchor.at, sink);
  }

 private:
  struct Gram {
    uint64_t hash;
    size_t at;
  };

  static uint64_t hash(std::string_view document, size_t at) {
    uint64_t gram;
    std::memcpy(&gram, document.data() + at, sizeof gram);
    return (gram ^ 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
  }

  /// The grams of a block that are least of all from themselves to its end; its last one is first.
  void least_from(std::string_view document, size_t block) {
    least_.clear();
    uint64_t least = UINT64_MAX;
    for (size_t at = block + shape_.grams(); at-- > block;) {
      const uint64_t value = hash(document, at);
      if (value > least) continue;
      least = value;
      least_.push_back({value, at});
    }
  }

  /// Windows first, ..., end - 1 of one anchor, in cells.
  template <class Sink>
  void cut(size_t first, size_t end, size_t anchor, Sink&& sink) const {
    while (first < end) {
      const size_t after = (anchor - first) & (shape_.span - 1);  // windows, in its cell
      const size_t count = std::min(after + 1, end - first);
      sink(Cell{first, shape_.span - 1 - after, count});
      first += count;
    }
  }

  CellShape shape_;
  std::vector<Gram> least_;
};

/// Calls sink(cell) for the cells of a finer span that a cell consists of.
template <class Sink>
void split(const Cell& cell, size_t span, Sink&& sink) {
  for (size_t done = 0; done < cell.count;) {
    const size_t offset = (cell.offset + done) & (span - 1);
    const size_t count = std::min(span - offset, cell.count - done);
    sink(Cell{cell.first + done, offset, count});
    done += count;
  }
}

/// Hashes of cells. One per thread.
class CellHasher {
 public:
  explicit CellHasher(const CellShape& shape)
      : shape_(shape), bytes_(2 * (shape.span - 1) + sizeof(Hash128)) {}

  Hash128 core(std::string_view document, const Cell& cell) const {
    return xxh3_128(document.substr(cell.first + before(cell), shape_.core()));
  }

  /// Equal for cells that have the same windows in the same places: of what they have before the
  /// core, the hash of that, and what they have after it.
  Hash128 all(std::string_view document, const Cell& cell, const Hash128& core) {
    const char* const text = document.data() + cell.first;
    const size_t after = cell.offset + cell.count - 1;
    char* const bytes = bytes_.data();
    std::memcpy(bytes, text, before(cell));
    std::memcpy(bytes + before(cell), &core, sizeof core);
    std::memcpy(bytes + before(cell) + sizeof core, text + before(cell) + shape_.core(), after);
    Hash128 hash = xxh3_128({bytes, before(cell) + sizeof core + after});
    hash.low ^= mix(cell.offset + 1);  // the same bytes, otherwise around the core
    return hash;
  }

 private:
  size_t before(const Cell& cell) const { return shape_.span - 1 - cell.offset; }

  CellShape shape_;
  std::vector<char> bytes_;
};

}  // namespace corpusmill::ngram
