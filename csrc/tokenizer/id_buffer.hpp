// id_buffer: where an encoder puts ids: one behind the other, or their number alone. Most pieces
// are one or two ids: of known ones two are always written, since how many are good is hard to
// foretell.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tokenizer/piece_cache.hpp"

namespace corpusmill::tokenizer {

/// Ids that were left out, and how many of those that were put in stand before them.
struct Gap {
  size_t at;
  std::span<const uint32_t> ids;
};

/// Aligned, so that no two threads write to the same line of memory all the time.
template <class Id>
class alignas(64) IdBuffer {
 public:
  IdBuffer() = default;
  IdBuffer(const IdBuffer& other)
      : ids_(other.view().begin(), other.view().end()), size_(other.size_) {}
  IdBuffer& operator=(const IdBuffer&) = delete;

  void clear() { size_ = 0; }
  void cut(size_t size) { size_ = size; }
  size_t size() const { return size_; }
  std::span<const Id> view() const { return {ids_.data(), size_}; }

  /// Has to be called before known ids are added, so many in all.
  void make_room(size_t num) {
    if (ids_.size() < size_ + num + always) ids_.resize(2 * (size_ + num + always));
  }

  void add(PackedIds known) {
    Id* const out = ids_.data() + size_;
    const size_t num = known.size();
    for (size_t i = 0; i < always; ++i) out[i] = static_cast<Id>(known[i]);
    for (size_t i = always; i < num; ++i) out[i] = static_cast<Id>(known[i]);
    size_ += num;
  }

  void add(std::span<const uint32_t> ids) {
    make_room(ids.size());
    std::ranges::transform(ids, ids_.begin() + static_cast<std::ptrdiff_t>(size_), narrowed);
    size_ += ids.size();
  }

  /// Ascending gaps are filled; what is behind them moves.
  void fill(std::span<const Gap> gaps) {
    size_t more = 0;
    for (const Gap& gap : gaps) more += gap.ids.size();
    make_room(more);
    Id* const from = ids_.data();
    Id* end = from + size_;
    size_ += more;
    Id* out = from + size_;
    for (size_t i = gaps.size(); i-- > 0;) {
      out = std::copy_backward(from + gaps[i].at, end, out) - gaps[i].ids.size();
      end = from + gaps[i].at;
      std::ranges::transform(gaps[i].ids, out, narrowed);
    }
  }

 private:
  static constexpr size_t always = 2;
  static Id narrowed(uint32_t id) { return static_cast<Id>(id); }

  std::vector<Id> ids_;
  size_t size_ = 0;
};

/// Counts what the other keeps.
class IdCount {
 public:
  size_t size() const { return size_; }
  void make_room(size_t /*num*/) {}
  void add(PackedIds known) { size_ += known.size(); }
  void add(std::span<const uint32_t> ids) { size_ += ids.size(); }
  void fill(std::span<const Gap> gaps) {
    for (const Gap& gap : gaps) size_ += gap.ids.size();
  }

 private:
  size_t size_ = 0;
};

}  // namespace corpusmill::tokenizer
