// cell_records: what is remembered of cells, and which of those are equal to others, a part of the
// records at a time. Reads no text.
#pragma once
#include <cstdint>
#include <vector>

#include "core/hash.hpp"
#include "core/pooled_parts.hpp"
#include "dedup/cell_place.hpp"

namespace corpusmill::dedup {

/// 12 bytes, for these are most of what is held: a core by 40 bits, and the place of its cell.
struct CoreRecord {
  static constexpr int least_bit = 24;  // of the key: those below are the place's

  uint32_t high;
  uint32_t middle;
  uint32_t low;

  static CoreRecord of(uint64_t hash, uint64_t place) {
    return {static_cast<uint32_t>(hash >> 32),
            static_cast<uint32_t>((hash & 0xff000000u) | place >> 32),
            static_cast<uint32_t>(place)};
  }
  uint64_t key() const { return uint64_t{high} << 32 | (middle & 0xff000000u); }
  uint64_t place() const { return uint64_t{middle & 0xffffffu} << 32 | low; }
};

/// A cell by its core and by all of it.
struct CellRecord {
  uint64_t core;
  Hash128 all;
  uint64_t trimmed;  // its TrimmedPlace

  /// By low bits of the core: those settled at once may have the high ones in common.
  uint64_t key() const { return core << 48; }
  uint64_t position() const { return CellPlace::position(TrimmedPlace::place(trimmed)); }
};

/// The places of cells whose core occurs again in this part, and so anywhere.
std::vector<uint64_t> shared_cores(const PooledParts<CoreRecord>& cores, size_t part);

struct RepeatedCells {
  std::vector<uint64_t> repeats;  // trimmed places of those all of whose windows are repeats
  std::vector<uint64_t> mixed;    // places of those of whose windows others may have some
};

/// Among the cells of a part. keep_first: a cell repeats an equal one that begins `window` bytes or
/// more before it; else any other. Records may come in any order.
RepeatedCells repeated_cells(const PooledParts<CellRecord>& cells, size_t part, bool keep_first,
                             size_t window);

}  // namespace corpusmill::dedup
