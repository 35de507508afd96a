// passages: the parts of documents that stand elsewhere too, byte for byte. Says where; cuts
// nothing.
//
//   window   min_bytes consecutive bytes of a document
//   repeat   keep first: a window with an equal one that ends at or before its begin, documents
//            being laid end to end; keep none: a window with an equal one anywhere else
//   passage  a maximal run of bytes each of which lies in a repeat, less the parts of UTF-8
//            characters at its ends
//
// Windows are compared by 128 bits of hash, a cell of them at a time (ngram/cells.hpp), in walks
// over the documents. The first asks which cells have a core that occurs again, for most have not.
// The second, which of those repeat all of another cell. Cells that do not, though their core
// occurs in others, are cut finer, and the next walk asks the same of the pieces; the last, of
// windows.
//
// Oracle: tests/oracles_passages.py.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/ascending.hpp"
#include "core/page_pool.hpp"
#include "core/pool.hpp"
#include "core/pooled_parts.hpp"
#include "core/strings.hpp"
#include "dedup/cell_records.hpp"
#include "dedup/passage_pieces.hpp"
#include "ngram/cells.hpp"
#include "text/columns.hpp"

namespace corpusmill::dedup {

struct PassageOptions {
  static constexpr size_t least_bytes = ngram::CellShape::least_window;
  size_t min_bytes = 200;
  bool keep_first = true;
};

/// Takes all documents in a few walks, then gives their passages. Every walk brings the same
/// documents, at the same positions and in any order, in columns that may be cut otherwise. They
/// are one where no core occurs twice, two where no cell is to be cut finer, three where few are,
/// else four; as many, but the first, for each `cells_at_once` cells with cores in common, if that
/// is less than all.
class PassageFinder {
 public:
  /// bytes: about how much text there will be; threads: how many may add at once. Memory: that of
  /// the room, besides, a thread, some MB, tables of a 4096th of the cells or less, and 8 bytes for
  /// each cell of the most frequent core; without limit, 12 bytes for each cell, 8 for each that
  /// repeats, and 48 for each that is settled at once, or for each that such a one is cut into.
  PassageFinder(const PassageOptions& options, uint64_t bytes, const Room& room, int threads,
                size_t cells_at_once = SIZE_MAX);

  /// Documents that lie end to end from the position on, all documents being laid so; several
  /// threads may. Throws std::length_error from 2**44 bytes of text on, std::invalid_argument if
  /// documents are seen not to be those of the first walk.
  void add(const Column& docs, uint64_t position, int threads);

  /// Ends a walk; tells whether there is to be another.
  bool end_walk();

  /// Whether documents from begin to before end are of any use to this walk.
  bool wants(uint64_t begin, uint64_t end) const;

  /// After the last walk: of the documents that lie from the position on, told by their bytes. The
  /// spans of one are ascending, and neighbours do not touch.
  text::Spans passages(uint64_t position, std::span<const int64_t> lengths, int threads) const;

 private:
  class Looker;

  /// Records of a thread, on their way to the partitions that are its own.
  struct Adder {
    explicit Adder(size_t i) : number(i) {}

    size_t number;
    std::vector<PassagePiece> pieces;
    std::vector<uint64_t> wanted;
    std::vector<CoreRecord> cores;
    std::vector<CellRecord> cells;
  };

  size_t num_adders() const { return static_cast<size_t>(threads_); }
  template <class Record>
  std::unique_ptr<PooledParts<Record>> parts(size_t expected);
  void look_at(Adder& adder);
  void want_shared();
  std::unique_ptr<Ascending> ascending(int bits, size_t expected);
  template <class Find>
  void find_in_parts(size_t first, size_t end, Find&& find);
  text::Spans spans_of(uint64_t position, std::span<const int64_t> lengths) const;

  PassageOptions options_;
  ngram::CellShape shape_;  // of the cells of this walk
  size_t cells_at_once_;
  size_t memory_;  // for each of the lists below, of which at most four are there at once
  int threads_;
  bool first_walk_ = true;
  std::atomic<uint64_t> walked_ = 0;  // bytes of text so far, in this walk
  uint64_t end_ = 0;                  // of all text, known after the first
  ScratchFile scratch_;
  PagePool pages_;
  Pool<Adder> adders_;
  std::unique_ptr<PooledParts<CoreRecord>> cores_;  // of the first walk,
  size_t next_part_ = 0;                            // of which those before this are settled
  std::unique_ptr<PooledParts<CellRecord>> cells_;  // of another
  std::unique_ptr<Ascending> wanted_;               // places of cells to be looked at in this walk
  std::unique_ptr<Ascending> repeats_;
};

/// The passages of a column.
text::Spans passages(const Column& docs, const PassageOptions& options, int threads);

}  // namespace corpusmill::dedup
