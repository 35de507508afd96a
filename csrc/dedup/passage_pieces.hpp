// passage_pieces: the windows of documents that lie end to end, cut into pieces for several
// threads. Looks at none.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "core/strings.hpp"

namespace corpusmill::dedup {

/// Windows begin, ..., end - 1 of a document that lies at the position.
struct PassagePiece {
  std::string_view document;
  uint64_t position;
  size_t begin;
  size_t end;
};

/// Hands out pieces in order. Several threads may take them.
class PassageCutter {
 public:
  static constexpr size_t windows_at_once = 128 << 10;

  PassageCutter(const Column& docs, uint64_t position, size_t window)
      : blocks_(docs.blocks(SIZE_MAX)), position_(position), window_(window) {}

  /// The next ones, with at least windows_at_once in all and less than twice as many; fewer or none
  /// at the end.
  void next(std::vector<PassagePiece>& pieces) {
    const std::scoped_lock lock(mutex_);
    pieces.clear();
    for (size_t held = 0; held < windows_at_once && block_ < blocks_.size();) {
      const Column::Block& block = blocks_[block_];
      if (row_ == block.end - block.begin) {
        ++block_, row_ = 0;
        continue;
      }
      const std::string_view document = (*block.strings)[block.begin + row_];
      const size_t windows = document.size() - std::min(document.size(), window_ - 1);
      const size_t end = std::min(begin_ + windows_at_once, windows);
      if (end > begin_) pieces.push_back({document, position_, begin_, end});
      held += end - std::exchange(begin_, end);
      if (end < windows) continue;
      ++row_, begin_ = 0;
      position_ += document.size();
    }
  }

 private:
  std::mutex mutex_;
  std::vector<Column::Block> blocks_;
  uint64_t position_;  // of the next row
  size_t window_;
  size_t block_ = 0, row_ = 0, begin_ = 0;
};

}  // namespace corpusmill::dedup
