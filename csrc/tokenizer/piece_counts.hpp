// piece_counts: how often each different piece of a corpus came, as a model cuts it. Encodes
// nothing.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "core/hash.hpp"
#include "core/pages.hpp"
#include "core/slot_table.hpp"
#include "core/strings.hpp"
#include "tokenizer/model.hpp"

namespace corpusmill::tokenizer {

/// Pieces numbered from 0 as they came. At most 2**32 - 1 of them.
class PieceTable {
 public:
  static constexpr size_t bytes_each = 40;  // about, besides its own

  size_t size() const { return entries_.size(); }
  size_t num_bytes() const { return bytes_.size(); }
  std::string_view piece(size_t i) const {
    const size_t end = i + 1 < entries_.size() ? entries_[i + 1].begin : bytes_.size();
    return {bytes_.data() + entries_[i].begin, end - entries_[i].begin};
  }
  uint64_t count(size_t i) const { return entries_[i].count; }
  uint64_t hash(size_t i) const { return entries_[i].hash; }
  void prefetch(uint64_t hash) const { slots_.prefetch(hash); }

  /// hash: xxh3_64 of the piece. True if it is new.
  bool add(std::string_view piece, uint64_t hash, uint64_t count);
  void clear();

 private:
  struct Entry {
    uint64_t hash, begin, count;
  };

  SlotTable slots_;
  PageVector<Entry> entries_;
  PageVector<char> bytes_;
};

/// Counts the pieces of documents that come one column after the other. What it counts depends on
/// neither threads nor the order of documents.
class PieceCounter {
 public:
  /// The model, which normalizes and cuts, must outlive it.
  explicit PieceCounter(const Model& model) : model_(&model) {}

  /// Nulls have no pieces. Several threads may add at once.
  void add(const Column& docs, int threads);

  /// Different ones, and their bytes together.
  size_t size() const { return size_; }
  size_t num_bytes() const { return num_bytes_; }

  /// Calls take(piece, count) for each, in no order.
  template <class Take>
  void for_each(Take&& take) const {
    for (const Shard& shard : shards_) {
      for (size_t i = 0; i < shard.pieces.size(); ++i) {
        take(shard.pieces.piece(i), shard.pieces.count(i));
      }
    }
  }

 private:
  struct alignas(64) Shard {
    std::mutex mutex;
    PieceTable pieces;
  };

  struct Local {
    PieceTable pieces;
    std::string scratch;
  };

  void count(std::string_view document, Local& local);
  void flush(PieceTable& local);

  const Model* model_;
  std::array<Shard, 64> shards_;
  std::atomic<size_t> size_ = 0, num_bytes_ = 0;
};

}  // namespace corpusmill::tokenizer
