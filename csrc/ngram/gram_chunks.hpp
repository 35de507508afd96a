// gram_chunks: memory for records that come to many parts in turn, given out chunk by chunk and
// taken back. Knows no n-grams.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/pages.hpp"

namespace corpusmill::ngram {

/// Chunks of chunk_bytes, in slabs of huge pages: touching small ones for the first time would take
/// as long as writing the records.
class ChunkStore {
 public:
  static constexpr size_t chunk_bytes = 8 << 10;

  ChunkStore() = default;
  ChunkStore(ChunkStore&& other) noexcept = default;
  ChunkStore(const ChunkStore&) = delete;
  ~ChunkStore() { release(); }

  /// How many there are, given out or not.
  size_t made() const { return made_; }
  /// Whether all are given out, if there may be so many.
  bool empty(size_t most) const { return free_.empty() && made_ >= most; }

  /// One that nobody has, of which there may be so many; it must not be empty.
  std::byte* take(size_t most) {
    if (free_.empty()) add_slab(most);
    std::byte* const chunk = free_.back();
    free_.pop_back();
    return chunk;
  }
  void give_back(std::byte* chunk) { free_.push_back(chunk); }

  /// Makes all memory the system's again, once every chunk was given back.
  void release() {
    for (const std::span<std::byte> slab : slabs_) Allocator().deallocate(slab.data(), slab.size());
    slabs_.clear();
    free_.clear();
    made_ = 0;
  }

 private:
  using Allocator = TableAllocator<std::byte>;
  static constexpr size_t slab_chunks = (8 << 20) / chunk_bytes;

  void add_slab(size_t most) {
    const size_t count = std::min(most - made_, slab_chunks);
    slabs_.emplace_back(Allocator().allocate(count * chunk_bytes), count * chunk_bytes);
    made_ += count;
    for (size_t i = count; i-- > 0;) free_.push_back(&slabs_.back()[i * chunk_bytes]);
  }

  size_t made_ = 0;
  std::vector<std::byte*> free_;
  std::vector<std::span<std::byte>> slabs_;
};

/// Records of one form of one part: full chunks, and one that is being filled.
class GramChunks {
 public:
  bool full() const { return next_ == end_; }
  /// Where so many bytes are to be written.
  std::byte* extend(size_t bytes) {
    std::byte* const at = next_;
    next_ += bytes;
    return at;
  }
  /// The next records go into this chunk, of which so many bytes are used.
  void start(std::byte* chunk, size_t size) {
    chunks_.push_back(chunk);
    next_ = chunk;
    end_ = chunk + size;
  }

  /// How many bytes it holds, if each chunk takes `per_chunk`.
  size_t size(size_t per_chunk) const {
    return chunks_.size() * per_chunk - static_cast<size_t>(end_ - next_);
  }

  /// Calls take(span of bytes) for each chunk.
  template <class Take>
  void for_each(size_t per_chunk, Take&& take) const {
    for (const std::byte* const chunk : chunks_) {
      const bool is_last = chunk == chunks_.back();
      take(std::span(chunk, is_last ? static_cast<size_t>(next_ - chunk) : per_chunk));
    }
  }

  void empty_into(ChunkStore& store) {
    for (std::byte* const chunk : chunks_) store.give_back(chunk);
    chunks_.clear();
    next_ = end_ = nullptr;
  }

 private:
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  std::vector<std::byte*> chunks_;
};

}  // namespace corpusmill::ngram
