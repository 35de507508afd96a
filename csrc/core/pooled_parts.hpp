// pooled_parts: many small records from several threads, spread by a key so that each part can be
// dealt with by itself; in pages of a pool while they fit, then in a scratch file. Sorts nothing.
// Those of partitions.hpp stay in one array each, and come back in order.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/page_pool.hpp"
#include "core/scratch.hpp"

namespace corpusmill {

/// Records by the top bits of a 64-bit key. Several threads add, each under its own number; then
/// any look, and drop parts of their own.
template <class Record>
class PooledParts {
  static_assert(std::is_trivially_copyable_v<Record> && alignof(Record) <= 8);

 public:
  static constexpr size_t part_bytes = 128 << 10;

  /// expected: about how many records will come; memory: bytes that may be held of them. The pool
  /// and the file must outlive it.
  PooledParts(size_t adders, size_t expected, size_t memory, PagePool& pool, ScratchFile& scratch)
      : memory_(memory / adders), pool_(&pool), scratch_(&scratch) {
    const size_t most = std::clamp<size_t>(memory_ / least_written, 2, most_parts);
    const size_t count =
        std::bit_ceil(std::clamp<size_t>(expected * sizeof(Record) / part_bytes, 2, most));
    shift_ = 64 - std::countr_zero(count);
    adders_.reserve(adders);
    for (size_t i = 0; i < adders; ++i) adders_.push_back({std::vector<Part>(count), 0, 0});
  }
  PooledParts(const PooledParts&) = delete;
  PooledParts& operator=(const PooledParts&) = delete;
  ~PooledParts() {
    for (size_t i = 0; i < count(); ++i) drop(i);
  }

  size_t count() const { return adders_.front().parts.size(); }
  size_t part_of(uint64_t key) const { return key >> shift_; }

  void add(size_t adder, uint64_t key, const Record& record) {
    Adder& own = adders_[adder];
    Part& part = own.parts[part_of(key)];
    if (part.next == part.end) start_page(part);
    new (part.next++) Record(record);
    if (++own.held * sizeof(Record) > memory_) flush(own);
  }

  /// How many records were added so far, and whether any of them are in the scratch file.
  size_t added() const {
    return sum([](const Adder& each) { return each.held + each.written; });
  }
  bool spilled() const {
    return sum([](const Adder& each) { return each.written; }) > 0;
  }
  /// How many records a part has.
  size_t size(size_t i) const {
    return sum([i](const Adder& each) { return each.parts[i].held() + each.parts[i].written(); });
  }

  /// Calls body(record) for the records of a part, in some order. However many they are, what went
  /// to the scratch file comes back a bit at a time. Several threads may.
  template <class Body>
  void for_each(size_t i, Body&& body) const {
    std::vector<Record> buffer;
    for (const Adder& each : adders_) {
      const Part& part = each.parts[i];
      for (const Extent& extent : part.extents) {
        buffer.resize(extent.count);
        scratch_->read(extent.offset, buffer.data(), extent.count * sizeof(Record));
        for (const Record& record : buffer) body(record);
      }
      part.for_each_page([&](std::span<const Record> records) {
        for (const Record& record : records) body(record);
      });
    }
  }

  void drop(size_t i) {
    for (Adder& each : adders_) {
      give_back(each.parts[i]);
      each.parts[i] = {};
    }
  }

 private:
  static constexpr size_t least_written = 16 << 10;  // of a part: less is slow to write and to read
  static constexpr size_t most_parts = 4096;
  static constexpr size_t per_page = PooledPage::room_bytes / sizeof(Record);

  struct Extent {
    uint64_t offset;
    size_t count;
  };

  /// A list of full pages behind the one that is being filled.
  struct Part {
    PooledPage* first = nullptr;
    PooledPage* last = nullptr;
    Record* next = nullptr;  // where there is room, up to the end
    Record* end = nullptr;
    size_t pages = 0;
    std::vector<Extent> extents;

    size_t room() const { return static_cast<size_t>(end - next); }
    size_t held() const { return pages * per_page - room(); }
    size_t written() const {
      return std::accumulate(extents.begin(), extents.end(), size_t{0},
                             [](size_t all, const Extent& extent) { return all + extent.count; });
    }

    template <class Take>
    void for_each_page(Take&& take) const {
      size_t size = per_page - room();
      for (const PooledPage* page = first; page != nullptr; page = page->next) {
        take(std::span(reinterpret_cast<const Record*>(page->room), size));
        size = per_page;
      }
    }
  };

  struct alignas(64) Adder {  // no two in a cache line
    std::vector<Part> parts;
    size_t held;
    size_t written;
  };

  template <class Of>
  size_t sum(Of&& of) const {
    return std::accumulate(adders_.begin(), adders_.end(), size_t{0},
                           [&](size_t all, const Adder& each) { return all + of(each); });
  }

  void start_page(Part& part) {
    PooledPage* const page = pool_->take();
    page->next = std::exchange(part.first, page);
    if (part.last == nullptr) part.last = page;
    part.next = reinterpret_cast<Record*>(page->room);
    part.end = part.next + per_page;
    ++part.pages;
  }

  void give_back(Part& part) {
    if (part.first != nullptr) pool_->give_back(part.first, part.last);
    part = {nullptr, nullptr, nullptr, nullptr, 0, std::move(part.extents)};
  }

  void flush(Adder& own) {
    std::vector<std::span<const std::byte>> pieces;
    for (const Part& part : own.parts) {
      part.for_each_page(
          [&](std::span<const Record> records) { pieces.push_back(std::as_bytes(records)); });
    }
    uint64_t offset = scratch_->append(pieces);
    for (Part& part : own.parts) {
      if (part.pages == 0) continue;
      const size_t held = part.held();
      part.extents.push_back({offset, held});
      offset += held * sizeof(Record);
      give_back(part);
    }
    own.written += std::exchange(own.held, 0);
  }

  int shift_;
  size_t memory_;
  PagePool* pool_;
  ScratchFile* scratch_;
  std::vector<Adder> adders_;
};

}  // namespace corpusmill
