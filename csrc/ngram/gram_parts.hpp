// gram_parts: n-grams as they come, spread by a key into parts that can be counted one by one; in
// memory while they fit, then in a scratch file, counted so far where that makes them fewer. Knows
// no text.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

#include "core/scratch.hpp"
#include "ngram/gram_chunks.hpp"
#include "ngram/gram_tally.hpp"

namespace corpusmill::ngram {

/// The top bits of a 64-bit key are the part, those below it are in the record: equal n-grams must
/// have equal keys. One thread adds; when all is added, any read, each its own parts.
class GramParts {
 public:
  /// num_parts: a power of two above 1; memory: how many bytes of n-grams may be held now, of which
  /// each part takes at least a chunk.
  GramParts(size_t n, size_t num_parts, std::function<size_t()> memory, ScratchFile& scratch);

  static constexpr size_t longest = 256;  // n

  /// Records that lie in the scratch file.
  struct Extent {
    uint64_t offset;
    uint64_t hash;  // of their bytes, if the file stays
    size_t count;
    bool counted;
    bool doubted = false;  // of an earlier run: it is looked whether they are what was written
  };

  /// The n-grams that begin at the first `count` of the units, each with its key.
  void add(const uint64_t* keys, const uint32_t* units, size_t count) {
    switch (n_) {
      case 1: add_all<1>(keys, units, count); break;
      case 2: add_all<2>(keys, units, count); break;
      case 3: add_all<3>(keys, units, count); break;
      case 4: add_all<4>(keys, units, count); break;
      case 5: add_all<5>(keys, units, count); break;
      default: add_all<0>(keys, units, count); break;
    }
  }

  /// Writes out all that is held.
  void spill_all();
  const std::vector<Extent>& written(size_t part) const { return extents_[part]; }
  /// Records that were added elsewhere, to parts of as many.
  void take_over(size_t part, Extent extent) {
    extent.doubted = true;
    extents_[part].push_back(extent);
  }

  /// How many records a part has, counting those that come more than once.
  size_t size(size_t part) const;

  /// Calls take(GramBlock) for those that were written out, a few thousand at once, each of which
  /// is good during the call. Records that were taken over and are not what was written show at
  /// the end of theirs: FileError.
  template <class Take>
  void for_each_written(size_t part, Take&& take) const {
    const size_t room = std::max(GramTable::width(n_) * piece, chunks_read * per_chunk_);
    std::vector<uint32_t> buffer(extents_[part].empty() ? 0 : room);
    for (const Extent& extent : extents_[part]) {
      const size_t width = extent.counted ? GramTable::width(n_) : GramRecord::width(n_);
      const size_t step = extent.counted ? piece * width : chunks_read * per_chunk_;
      const size_t numbers = extent.count * width;
      uint64_t hash = 0;
      for (size_t done = 0; done < numbers; done += step) {
        const std::span<uint32_t> some(buffer.data(), std::min(step, numbers - done));
        scratch_->read(extent.offset + done * sizeof(uint32_t), some.data(), some.size_bytes());
        if (extent.doubted) hash = hash_of(some, extent.counted, hash);
        take(GramBlock{some, extent.counted});
      }
      if (extent.doubted && hash != extent.hash) scratch_->damaged();
    }
  }

  /// Calls take(GramBlock) for those that are held.
  template <class Take>
  void for_each_held(size_t part, Take&& take) const {
    held_[part].for_each(
        per_chunk_, [&](std::span<const uint32_t> records) { take(GramBlock{records, false}); });
  }

 private:
  static constexpr size_t piece = 4096;     // counted records read at once
  static constexpr size_t chunks_read = 4;  // at once, of others

  // With a length that the compiler knows, unless N is 0.
  template <size_t N>
  void add_all(const uint64_t* keys, const uint32_t* units, size_t count) {
    const size_t n = N == 0 ? n_ : N;
    for (size_t i = 0; i < count; ++i) {
      GramChunks& part = held_[keys[i] >> shift_];
      if (part.full()) new_chunk(part);
      uint32_t* const record = part.extend(n + 1);
      record[0] = static_cast<uint32_t>(keys[i] >> (shift_ - 32));
      std::memcpy(record + 1, units + i, n * sizeof(uint32_t));
      __builtin_prefetch(record + 2 * (n + 1), 1);
    }
  }

  void new_chunk(GramChunks& part);
  void spill_next();
  void spill(size_t part);
  bool count_pays() const { return 2 * probe_came_to_ <= probed_; }
  void write_held(size_t part);
  void write_counted(size_t part, std::span<const uint32_t> records);
  /// Of records, in pieces as they are read or as chunks hold them, and of all before by their
  /// hash.
  uint64_t hash_of(std::span<const uint32_t> records, bool counted, uint64_t before) const;

  size_t n_;
  int shift_;
  size_t per_chunk_;  // numbers in a chunk, a multiple of a record's
  std::function<size_t()> memory_;
  ChunkStore chunks_;
  ScratchFile* scratch_;
  std::vector<GramChunks> held_;  // of each part
  std::vector<std::vector<Extent>> extents_;

  // For what is spilled:
  GramTally tally_;
  std::vector<GramBlock> blocks_;
  std::vector<std::span<const std::byte>> chunks_written_;
  size_t next_spilled_ = 0;
  size_t probed_ = 0;  // records of parts that were counted, and what they came to
  size_t probe_came_to_ = 0;
};

}  // namespace corpusmill::ngram
