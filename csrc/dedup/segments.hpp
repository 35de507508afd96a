// segments: a column of documents cut between their pieces into tasks of about one size. Knows no
// hashes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "core/strings.hpp"
#include "text/pieces.hpp"

namespace corpusmill::dedup {

// Small enough to stay in a near cache, large enough that threads rarely wait for each other.
inline constexpr size_t task_bytes = 256 << 10;

/// Part of a document that holds its pieces whole.
struct Segment {
  std::string_view text;
  size_t row;
  size_t begin;
  size_t pieces = 0;    // that take part
  size_t repeated = 0;  // of them
};

/// Of all documents; one task at most is cut of each task_bytes of them, and one of the rest.
inline size_t num_bytes(const Column& docs) {
  size_t bytes = 0;
  for (const auto& block : docs.blocks(SIZE_MAX)) {
    for (size_t i = block.begin; i < block.end; ++i) bytes += (*block.strings)[i].size();
  }
  return bytes;
}

/// Hands out the segments of a column, in order.
class Cutter {
 public:
  Cutter(const Column& docs, text::Piece piece) : blocks_(docs.blocks(SIZE_MAX)), piece_(piece) {}

  /// The segments of the next task, about task_bytes in all, and its number; false if there is
  /// none.
  bool next(std::vector<Segment>& segments, size_t& number) {
    const std::scoped_lock lock(mutex_);
    segments.clear();
    number = tasks_++;
    for (size_t taken = 0; taken < task_bytes && block_ < blocks_.size();) {
      const Column::Block& block = blocks_[block_];
      if (row_ == block.end - block.begin) {
        ++block_, row_ = at_ = 0;
        continue;
      }
      const std::string_view document = (*block.strings)[block.begin + row_];
      const size_t end = text::piece_border(document, piece_, at_ + (task_bytes - taken));
      if (end > at_) segments.push_back({document.substr(at_, end - at_), block.first + row_, at_});
      taken += end - at_;
      at_ = end;
      if (at_ == document.size()) ++row_, at_ = 0;
    }
    return !segments.empty();
  }

 private:
  std::mutex mutex_;
  std::vector<Column::Block> blocks_;
  text::Piece piece_;
  size_t tasks_ = 0;
  size_t block_ = 0, row_ = 0, at_ = 0;
};

}  // namespace corpusmill::dedup
