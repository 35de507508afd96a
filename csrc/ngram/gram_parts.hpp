// gram_parts: n-grams as they come, spread by a key into parts that can be counted one by one; in
// memory while they fit, then counted so far and in a scratch file. Knows no text.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/scratch.hpp"
#include "ngram/gram_table.hpp"
#include "ngram/repeat_sketch.hpp"

namespace corpusmill::ngram {

/// The top bits of a 64-bit key are the part: equal n-grams must have equal keys. One thread adds;
/// when all is added, any read, each its own parts.
class GramParts {
 public:
  /// num_parts: a power of two above 1; memory: bytes of n-grams that may be held, of which each
  /// part takes at least chunk_bytes.
  GramParts(size_t n, size_t num_parts, size_t memory, ScratchFile& scratch);

  static constexpr size_t chunk_bytes = 16 << 10;
  static constexpr size_t longest = 256;  // n

  void add(uint64_t key, const uint32_t* gram) {
    Part& part = parts_[key >> shift_];
    if (part.next == part.end) new_chunk(part);
    for (size_t i = 0; i < n_; ++i) part.next[i] = gram[i];
    part.next += n_;
  }

  /// How many records a part has, counting those that come more than once.
  size_t size(size_t part) const;

  /// Calls take(gram, count) for each of them.
  template <class Take>
  void for_each(size_t part, Take&& take) const {
    std::vector<uint32_t> buffer(parts_[part].extents.empty() ? 0 : GramTable::width(n_) * piece);
    for (const Extent& extent : parts_[part].extents) {
      const size_t width = extent.counted ? GramTable::width(n_) : n_;
      for (size_t done = 0; done < extent.count; done += piece) {
        const size_t count = std::min(piece, extent.count - done);
        scratch_->read(extent.offset + done * width * sizeof(uint32_t), buffer.data(),
                       count * width * sizeof(uint32_t));
        for (size_t i = 0; i < count; ++i) {
          const uint32_t* gram = buffer.data() + i * width;
          take(gram, extent.counted ? GramTable::count(gram, n_) : uint64_t{1});
        }
      }
    }
    for_each_held(parts_[part], [&](const uint32_t* gram) { take(gram, uint64_t{1}); });
  }

 private:
  static constexpr size_t piece = 4096;  // records read at once

  using Chunk = std::unique_ptr<uint32_t[]>;
  struct Extent {
    uint64_t offset;
    size_t count;
    bool counted;  // records of GramTable; else n-grams that came once so far
  };
  struct Part {
    uint32_t* next = nullptr;
    uint32_t* end = nullptr;  // of the last chunk
    std::vector<Chunk> chunks;
    std::vector<Extent> extents;
  };

  template <class Take>
  void for_each_held(const Part& part, Take&& take) const {
    for (const Chunk& chunk : part.chunks) {
      const uint32_t* const end = &chunk == &part.chunks.back() ? part.next : &chunk[per_chunk_];
      for (const uint32_t* gram = chunk.get(); gram < end; gram += n_) take(gram);
    }
  }
  size_t held(const Part& part) const;  // n-grams
  void new_chunk(Part& part);
  void spill();
  void write(Part& part, std::span<const uint32_t> records, size_t count, bool counted);

  size_t n_;
  int shift_;
  size_t per_chunk_;    // numbers in a chunk, a multiple of n
  size_t chunks_left_;  // that may yet be made
  std::vector<Chunk> free_;
  ScratchFile* scratch_;
  std::vector<Part> parts_;

  // For what is spilled:
  GramTable table_;
  RepeatSketch sketch_;
  std::vector<uint32_t> once_;
};

}  // namespace corpusmill::ngram
