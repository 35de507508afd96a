// partitions: many small records, spread by a key so that each part can be sorted by itself; in
// memory while they fit, then in a scratch file. Sorts nothing.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/pages.hpp"
#include "core/scratch.hpp"

namespace corpusmill {

/// Records by the top bits of a 64-bit key. One thread adds; then any take, each its own parts.
template <class Record>
class Partitions {
  static_assert(std::is_trivially_copyable_v<Record>);

 public:
  // Dealt with in a first-level cache, while the parts are so few that the pages of their ends, to
  // which all is added, stay in a TLB; then in a second-level one.
  static constexpr size_t part_bytes = 32 << 10;

  /// expected: about how many records will come; memory: bytes that may be held of them.
  Partitions(size_t expected, size_t memory, ScratchFile& scratch)
      : memory_(memory), scratch_(&scratch) {
    const size_t bytes = expected * sizeof(Record);
    const size_t wanted = std::clamp(bytes / large_part_bytes, few_parts, most_parts);
    const size_t most = std::clamp<size_t>(memory / chunk_bytes, 2, wanted);
    const size_t count = std::bit_ceil(std::clamp<size_t>(bytes / part_bytes, 2, most));
    shift_ = 64 - std::countr_zero(count);
    parts_.resize(count);
    const size_t held = std::min(bytes + bytes / 4, memory) / count / sizeof(Record);
    for (Part& part : parts_) part.held.reserve(held);
  }

  size_t count() const { return parts_.size(); }

  /// A record with this key is about to be added.
  void prefetch(uint64_t key) const {
    const Part& part = parts_[key >> shift_];
    __builtin_prefetch(part.held.data() + part.held.size(), 1);
  }

  void add(uint64_t key, const Record& record) {
    parts_[key >> shift_].held.push_back(record);
    if (++num_held_ * sizeof(Record) > memory_) flush();
  }

  /// How many records a part has.
  size_t size(size_t i) const {
    size_t size = parts_[i].held.size();
    for (const Chunk& chunk : parts_[i].chunks) size += chunk.count;
    return size;
  }

  /// All records of a part, in the order in which they came; the part is empty then. What has to be
  /// read goes to the memory of `records`.
  PageVector<Record> take(size_t i, PageVector<Record> records = {}) {
    const size_t all = size(i);
    Part part = std::exchange(parts_[i], {});
    if (part.chunks.empty()) return std::move(part.held);
    if (records.capacity() < all) {
      records = {};
      records.reserve(all + all / 8);  // the next may be a bit larger
    }
    records.resize(all);
    Record* out = records.data();
    for (const Chunk& chunk : part.chunks) {
      scratch_->read(chunk.offset, out, chunk.count * sizeof(Record));
      out += chunk.count;
    }
    std::copy(part.held.begin(), part.held.end(), out);
    return records;
  }

 private:
  static constexpr size_t few_parts = 1024;
  static constexpr size_t large_part_bytes = 1 << 20;
  static constexpr size_t chunk_bytes = 16 << 10;  // of a part: less is slow to write and to read
  static constexpr size_t most_parts = 4096;

  struct Chunk {
    uint64_t offset;
    size_t count;
  };
  struct Part {
    PageVector<Record> held;
    std::vector<Chunk> chunks;
  };

  void flush() {
    std::vector<std::span<const std::byte>> pieces;
    for (const Part& part : parts_) {
      if (!part.held.empty()) pieces.push_back(std::as_bytes(std::span(part.held)));
    }
    uint64_t offset = scratch_->append(pieces);
    for (Part& part : parts_) {
      if (part.held.empty()) continue;
      part.chunks.push_back({offset, part.held.size()});
      offset += part.held.size() * sizeof(Record);
      part.held.clear();
    }
    num_held_ = 0;
  }

  int shift_;
  size_t memory_;
  size_t num_held_ = 0;
  ScratchFile* scratch_;
  std::vector<Part> parts_;
};

/// Partitions that several threads fill at once, each its own.
template <class Record>
class SharedPartitions {
 public:
  /// expected and memory are those of all together.
  SharedPartitions(size_t adders, size_t expected, size_t memory, ScratchFile& scratch) {
    adders = std::max<size_t>(adders, 1);
    of_.reserve(adders);
    for (size_t i = 0; i < adders; ++i) {
      of_.emplace_back(expected / adders, memory / adders, scratch);
    }
  }

  Partitions<Record>& of(size_t adder) { return of_[adder]; }
  size_t count() const { return of_.front().count(); }

  /// All records of a part, as each adder's came, to the memory of `records`.
  void take(size_t i, std::vector<PageVector<Record>>& records) {
    records.resize(of_.size());
    for (size_t a = 0; a < of_.size(); ++a) {
      records[a] = of_[a].take(i, std::move(records[a]));
    }
  }

 private:
  std::vector<Partitions<Record>> of_;
};

}  // namespace corpusmill
