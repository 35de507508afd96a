// id_buffer: where an encoder puts ids: one behind the other, or their number alone. Most pieces
// are one or two ids: of known ones two are always written, since how many are good is hard to
// foretell.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/growing.hpp"
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
  IdBuffer(const IdBuffer& other) { ids_.append(other.view()); }
  IdBuffer& operator=(const IdBuffer&) = delete;

  void clear() { cut(0); }
  void cut(size_t size) { ids_.set_size(size); }
  size_t size() const { return ids_.size(); }
  std::span<const Id> view() const { return ids_.view(); }
  Growing<Id> take() { return std::move(ids_); }

  /// Has to be called before known ids are added, so many in all.
  void make_room(size_t num) {
    const size_t room = ids_.size() + num + always;
    if (room > ids_.capacity()) ids_.reserve(2 * room);
  }

  void add(PackedIds known) {
    Id* const out = ids_.data() + ids_.size();
    const size_t num = known.size();
    for (size_t i = 0; i < always; ++i) out[i] = static_cast<Id>(known[i]);
    for (size_t i = always; i < num; ++i) out[i] = static_cast<Id>(known[i]);
    ids_.set_size(ids_.size() + num);
  }

  void add(std::span<const uint32_t> ids) {
    make_room(ids.size());
    std::ranges::transform(ids, ids_.data() + ids_.size(), narrowed);
    ids_.set_size(ids_.size() + ids.size());
  }

  /// Ascending gaps are filled; what is behind them moves.
  void fill(std::span<const Gap> gaps) {
    size_t more = 0;
    for (const Gap& gap : gaps) more += gap.ids.size();
    make_room(more);
    Id* const from = ids_.data();
    Id* end = from + ids_.size();
    Id* out = end + more;
    ids_.set_size(ids_.size() + more);
    for (size_t i = gaps.size(); i-- > 0;) {
      out = std::copy_backward(from + gaps[i].at, end, out) - gaps[i].ids.size();
      end = from + gaps[i].at;
      std::ranges::transform(gaps[i].ids, out, narrowed);
    }
  }

 private:
  static constexpr size_t always = 2;
  static Id narrowed(uint32_t id) { return static_cast<Id>(id); }

  Growing<Id> ids_;
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
