// cells: the windows of a document, a few dozen at a time, grouped by what they hold, not by where
// they stand: equal windows lie in equal places of cells with equal cores. Compares none.
//
//   window   `size` consecutive bytes of a document, told by the offset of its first byte
//   anchor   of a window: the 8 bytes inside it whose product with a constant is least, the
//            leftmost of equals (winnowing: Schleimer, Wilkerson and Aiken, SIGMOD 2003)
//   cell     consecutive windows with one anchor, whose distances to it have one quotient by
//            `span`; the bytes that any window of such a cell must share are its core
//
// A text of random bytes has about 2 / size + 1 / span cells a byte. Any text has at most one a
// byte. Oracle: tests/oracles_passages.py finds equal windows without cells.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/hash.hpp"

namespace corpusmill::ngram {

/// Sizes of windows and of cells.
struct CellShape {
  static constexpr size_t gram = 8;  // bytes of an anchor
  static constexpr size_t least_window = 2 * gram;

  explicit CellShape(size_t window_bytes)
      : window(window_bytes), span(std::clamp<size_t>(window_bytes / 3, 1, 256)) {}

  size_t grams() const { return window - gram + 1; }  // of a window

  size_t window;
  size_t span;  // windows that a cell has room for
};

/// Windows first, ..., first + count - 1, of the room for windows low, ..., low + span - 1.
struct Cell {
  int64_t low;  // may lie before the document
  size_t first;
  size_t count;
};

/// Walks documents; memory O(log size) as a rule, O(size) at worst. One per thread.
class CellWalk {
 public:
  explicit CellWalk(CellShape shape) : shape_(shape) {}

  /// Calls sink(cell) for the cells of windows begin, ..., end - 1 of a document, ascending. A cell
  /// that goes on beyond them is cut. O(end - begin + size).
  template <class Sink>
  void operator()(std::string_view document, size_t begin, size_t end, Sink&& sink) {
    const auto hash = [&](size_t at) {
      uint64_t gram;
      std::memcpy(&gram, document.data() + at, sizeof gram);
      return (gram ^ 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
    };
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
      least_from(block, hash);
      change(block, least_.back());
      Gram ahead{UINT64_MAX, SIZE_MAX};  // the least from block + grams on
      for (size_t window = block + 1; window < std::min(block + grams, end); ++window) {
        const size_t last = window + grams - 1;
        const uint64_t entering = hash(last);
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

  /// The grams of a block that are least of all from themselves to its end; its last one is first.
  template <class HashOf>
  void least_from(size_t block, HashOf&& hash) {
    least_.clear();
    uint64_t least = UINT64_MAX;
    for (size_t at = block + shape_.grams(); at-- > block;) {
      const uint64_t value = hash(at);
      if (value > least) continue;
      least = value;
      least_.push_back({value, at});
    }
  }

  /// Windows first, ..., end - 1 of one anchor, in cells.
  template <class Sink>
  void cut(size_t first, size_t end, size_t anchor, Sink&& sink) const {
    while (first < end) {
      const size_t last = anchor - (anchor - first) / shape_.span * shape_.span;
      const size_t count = std::min(last + 1, end) - first;
      sink(Cell{static_cast<int64_t>(last + 1) - static_cast<int64_t>(shape_.span), first, count});
      first += count;
    }
  }

  CellShape shape_;
  std::vector<Gram> least_;
};

/// Hashes of a cell and of its windows, in time that does not depend on the size of a window once
/// the core is hashed: a window is what it has before the core, the core's hash, what it has after.
class CellHasher {
 public:
  explicit CellHasher(CellShape shape)
      : shape_(shape), bytes_(2 * (shape.span - 1) + sizeof(Hash128)) {}

  Hash128 core(std::string_view document, const Cell& cell) const {
    return xxh3_128(document.substr(core_at(cell), shape_.window - shape_.span + 1));
  }

  /// Takes up a cell for the two below.
  void load(std::string_view document, const Cell& cell) {
    const size_t before = shape_.span - 1;
    offset_ = static_cast<size_t>(static_cast<int64_t>(cell.first) - cell.low);
    count_ = cell.count;
    core_ = core(document, cell);
    std::memcpy(&bytes_[offset_], &document[cell.first], before - offset_);
    std::memcpy(&bytes_[before], &core_, sizeof core_);
    const size_t after = core_at(cell) + shape_.window - shape_.span + 1;
    std::memcpy(bytes_.data() + before + sizeof core_, document.data() + after,
                offset_ + count_ - 1);
  }

  Hash128 core() const { return core_; }

  /// Equal for cells with the same windows in the same places.
  Hash128 all() const { return hash(offset_, shape_.span + sizeof core_ + count_ - 2); }

  /// Equal for equal windows; i < count.
  Hash128 window(size_t i) const { return hash(offset_ + i, shape_.span + sizeof core_ - 1); }

 private:
  size_t core_at(const Cell& cell) const {
    return static_cast<size_t>(cell.low + static_cast<int64_t>(shape_.span) - 1);
  }

  Hash128 hash(size_t offset, size_t size) const {
    Hash128 found = xxh3_128({&bytes_[offset], size});
    found.low ^= mix(offset + 1);  // the same bytes elsewhere around the core are another window
    return found;
  }

  CellShape shape_;
  std::vector<char> bytes_;
  Hash128 core_;
  size_t offset_ = 0;
  size_t count_ = 0;
};

}  // namespace corpusmill::ngram
