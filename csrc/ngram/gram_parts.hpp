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
#include "ngram/gram_block.hpp"
#include "ngram/gram_chunks.hpp"
#include "ngram/gram_tally.hpp"

namespace corpusmill::ngram {

/// The top bits of a 64-bit key are the part, those below it are in the record: equal n-grams must
/// have equal keys. One thread adds; when all is added, any read, each its own parts.
class GramParts {
 public:
  /// num_parts: a power of two above 1; memory: how many bytes of n-grams may be held now, of which
  /// each part takes at least two chunks.
  GramParts(size_t n, size_t num_parts, std::function<size_t()> memory, ScratchFile& scratch);

  static constexpr size_t longest = 256;  // n

  /// Records that lie in the scratch file.
  struct Extent {
    uint64_t offset;
    uint64_t hash;  // of their bytes, if the file stays
    size_t count;
    GramForm form;
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
    std::vector<std::byte> buffer;
    for (const Extent& extent : extents_[part]) {
      const size_t bytes = extent.count * gram_width(extent.form, n_),
                   step = read_size(extent.form);
      if (buffer.size() < std::min(step, bytes)) buffer.resize(std::min(step, bytes));
      uint64_t hash = 0;
      for (size_t done = 0; done < bytes; done += step) {
        const auto some = std::span(buffer).first(std::min(step, bytes - done));
        scratch_->read(extent.offset + done, some.data(), some.size());
        if (extent.doubted) hash = hash_of(some, extent.form, hash);
        take(GramBlock{some, extent.form});
      }
      if (extent.doubted && hash != extent.hash) scratch_->damaged();
    }
  }

  /// Calls take(GramBlock) for those that are held.
  template <class Take>
  void for_each_held(size_t part, Take&& take) const {
    for (const GramForm form : {GramForm::narrow, GramForm::wide}) {
      held(part, form).for_each(per_chunk(form), [&](std::span<const std::byte> records) {
        take(GramBlock{records, form});
      });
    }
  }

 private:
  static constexpr size_t piece = 4096;     // counted records read at once
  static constexpr size_t chunks_read = 8;  // at once, of others

  // With a length that the compiler knows, unless N is 0.
  template <size_t N>
  void add_all(const uint64_t* keys, const uint32_t* units, size_t count) {
    const size_t n = N == 0 ? n_ : N;
    narrow_units_.assign(units, units + count + n - 1);
    size_t narrow_from = 0;  // behind the last unit so far that is wide
    for (size_t i = 0; i + 1 < n; ++i) narrow_from = units[i] > UINT16_MAX ? i + 1 : narrow_from;
    for (size_t i = 0; i < count; ++i) {
      if (units[i + n - 1] > UINT16_MAX) narrow_from = i + n;
      const uint64_t part = keys[i] >> shift_;
      const auto middle = static_cast<uint32_t>(keys[i] >> (shift_ - 32));
      if (i >= narrow_from) {
        write(narrow_[part], GramForm::narrow, middle, narrow_units_.data() + i, n);
      } else {
        write(wide_[part], GramForm::wide, middle, units + i, n);
      }
    }
  }

  template <class Number>
  void write(GramChunks& part, GramForm form, uint32_t middle, const Number* gram, size_t n) {
    if (part.full()) new_chunk(part, form);
    std::byte* const record = part.extend(gram_width(form, n));
    std::memcpy(record, &middle, sizeof middle);
    std::memcpy(record + sizeof middle, gram, n * sizeof(Number));
    __builtin_prefetch(record + 2 * gram_width(form, n), 1);
  }

  /// Bytes of a chunk that are used.
  size_t per_chunk(GramForm form) const {
    const size_t width = gram_width(form, n_);
    return ChunkStore::chunk_bytes / width * width;
  }
  /// Bytes that are read at once, and those that are hashed at once.
  size_t read_size(GramForm form) const {
    return form == GramForm::counted ? hash_size(form) : chunks_read * hash_size(form);
  }
  size_t hash_size(GramForm form) const {
    return form == GramForm::counted ? piece * gram_width(form, n_) : per_chunk(form);
  }
  GramChunks& held(size_t part, GramForm form) {
    return form == GramForm::narrow ? narrow_[part] : wide_[part];
  }
  const GramChunks& held(size_t part, GramForm form) const {
    return form == GramForm::narrow ? narrow_[part] : wide_[part];
  }
  size_t num_held(size_t part) const;

  void new_chunk(GramChunks& part, GramForm form);
  void spill_next();
  void spill(size_t part);
  bool count_pays() const { return 2 * probe_came_to_ <= probed_; }
  void write_held(size_t part, GramForm form);
  void write_counted(size_t part, std::span<const std::byte> records);
  /// Of records, in pieces as they are read or as chunks hold them, and of all before by their
  /// hash.
  uint64_t hash_of(std::span<const std::byte> records, GramForm form, uint64_t before) const;

  size_t n_;
  int shift_;
  std::function<size_t()> memory_;
  ChunkStore chunks_;
  ScratchFile* scratch_;
  std::vector<GramChunks> narrow_, wide_;  // of each part
  std::vector<std::vector<Extent>> extents_;

  std::vector<uint16_t> narrow_units_;

  // For what is spilled:
  GramTally tally_;
  std::vector<GramBlock> blocks_;
  std::vector<std::span<const std::byte>> chunks_written_;
  size_t next_spilled_ = 0;
  size_t probed_ = 0;  // records of parts that were counted, and what they came to
  size_t probe_came_to_ = 0;
};

}  // namespace corpusmill::ngram
