// passages: the parts of documents that stand elsewhere too, byte for byte. Says where; cuts
// nothing.
//
//   window   min_bytes consecutive bytes of a document
//   repeat   keep first: a window with an equal one that ends at or before its begin, documents
//            being laid end to end; keep none: a window with an equal one anywhere else
//   passage  a maximal run of bytes each of which lies in a repeat, less the parts of UTF-8
//            characters at its ends
//
// Windows are compared by 128 bits of hash (ngram/cells.hpp), in three walks over the documents:
// which cells have a core that occurs again; of those, which are whole repeats of another cell; and
// of cells with equal cores that are not, which windows are. Most text is alone after the first.
//
// Oracle: tests/oracles_passages.py.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "core/ascending.hpp"
#include "core/partitions.hpp"
#include "core/strings.hpp"
#include "ngram/cells.hpp"
#include "text/columns.hpp"

namespace corpusmill::dedup {

struct PassageOptions {
  static constexpr size_t least_bytes = ngram::CellShape::least_window;
  size_t min_bytes = 200;
  bool keep_first = true;
};

/// Takes all documents in up to three walks, then gives their passages. Every walk brings the same
/// documents in the same order, in columns that may be cut otherwise.
class PassageFinder {
 public:
  /// bytes: about how much text there will be. Memory: that of the room, and a few MB a thread;
  /// without limit, 12 bytes for each cell of the text, 40 for each whose core occurs again, and 24
  /// for each window of those that are no whole repeat.
  PassageFinder(const PassageOptions& options, uint64_t bytes, const Room& room);

  /// Throws std::length_error from 2**48 bytes of text on.
  void add(const Column& docs, int threads);

  /// Ends a walk; tells whether there is to be another.
  bool end_walk(int threads);

  /// After the last walk, once for every document, in order. The spans of one are ascending, and
  /// neighbours do not touch.
  text::Spans passages(const Column& docs);

 private:
  static constexpr int count_bits = 16;  // below a position: how many windows from there on

  /// 12 bytes, for these are most of what is held: a core by 48 bits, and where its cell begins.
  struct Core {
    uint32_t hash_high;
    uint16_t hash_low;
    uint16_t position_high;
    uint32_t position_low;

    uint64_t key() const { return uint64_t{hash_high} << 32 | uint64_t{hash_low} << 16; }
    uint64_t position() const { return uint64_t{position_high} << 32 | position_low; }
  };
  struct Whole {
    uint64_t core;
    Hash128 all;
    uint64_t place;  // position << count_bits | windows
  };
  struct Window {
    Hash128 hash;
    uint64_t position;
  };
  /// Of equal things: where the first is, and whether there are more.
  struct First {
    uint64_t position;
    bool again;
  };
  struct Piece;
  struct Found;
  class Looker;

  void look_at(const std::vector<Piece>& pieces, int threads);
  void append(const Found& found);
  template <class Records, class Find>
  void find_in_parts(Records& records, int threads, Find&& find);
  Found shared_cores(size_t part) const;
  Found repeated_cells(size_t part) const;
  Found repeated_windows(size_t part) const;
  bool is_repeat(uint64_t position, const First& first) const;

  PassageOptions options_;
  ngram::CellShape shape_;
  size_t memory_;  // for each of the lists below, of which at most four are there at once
  int walk_ = 0;
  uint64_t position_ = 0;  // bytes of text so far, in this walk
  uint64_t end_ = 0;       // of all text, known after the first
  ScratchFile scratch_;
  std::unique_ptr<Partitions<Core>> cores_;      // of the first walk
  std::unique_ptr<Partitions<Whole>> wholes_;    // of the second
  std::unique_ptr<Partitions<Window>> windows_;  // of the third
  std::unique_ptr<Ascending> wanted_;            // where cells lie that this walk is to look at
  std::unique_ptr<Ascending> repeats_;
};

/// The passages of a column.
text::Spans passages(const Column& docs, const PassageOptions& options, int threads);

}  // namespace corpusmill::dedup
