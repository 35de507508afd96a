// strings: read-only views of Arrow string arrays, in every layout Arrow has for them, and of lists
// of integers, of which a row is the bytes of its items. Owns nothing, copies nothing; the arrays
// must outlive the view. Layouts are checked by whoever builds the view.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "core/arrow_abi.h"

namespace corpusmill {

/// One array of strings: int32 or int64 offsets, 16-byte views, or dictionary indices; or of lists
/// of items without nulls: int32 or int64 offsets, or all of one size.
class Strings {
 public:
  enum class Layout : uint8_t {
    offsets32,
    offsets64,
    views,
    indices8,
    indices16,
    indices32,
    indices64,
    lists32,
    lists64,
    lists_of_one_size
  };

  Strings(const ArrowArray& array, Layout layout, const Strings* dictionary = nullptr)
      : array_(&array), layout_(layout), dictionary_(dictionary) {}

  /// Lists whose items have so many bytes; num_items: each has, if of one size.
  Strings(const ArrowArray& array, Layout layout, size_t item_bytes, size_t num_items)
      : array_(&array), layout_(layout), item_bytes_(item_bytes), num_items_(num_items) {}

  size_t size() const { return static_cast<size_t>(array_->length); }

  bool may_have_nulls() const {
    return array_->buffers[0] != nullptr ||
           (dictionary_ != nullptr && dictionary_->may_have_nulls());
  }

  bool is_null(size_t row) const {
    const size_t i = slot(row);
    const auto* valid = static_cast<const uint8_t*>(array_->buffers[0]);
    if (valid != nullptr && ((valid[i >> 3] >> (i & 7)) & 1) == 0) return true;
    return dictionary_ != nullptr && dictionary_->is_null(index(i));
  }

  /// The text of a row; empty for a null.
  std::string_view operator[](size_t row) const {
    if (is_null(row)) return {};
    const size_t i = slot(row);
    switch (layout_) {
      case Layout::offsets32: return between<int32_t>(i);
      case Layout::offsets64: return between<int64_t>(i);
      case Layout::views: return view(i);
      case Layout::lists32: return items(value<int32_t>(i), value<int32_t>(i + 1));
      case Layout::lists64: return items(value<int64_t>(i), value<int64_t>(i + 1));
      case Layout::lists_of_one_size: return items(i * num_items_, (i + 1) * num_items_);
      default: return (*dictionary_)[index(i)];
    }
  }

 private:
  size_t slot(size_t row) const { return static_cast<size_t>(array_->offset) + row; }

  // Arrow recommends aligned buffers and does not ask for them.
  template <class T>
  T value(size_t i) const {
    T out;
    std::memcpy(&out, static_cast<const char*>(array_->buffers[1]) + sizeof(T) * i, sizeof(T));
    return out;
  }

  template <class Offset>
  std::string_view between(size_t i) const {
    const auto begin = static_cast<size_t>(value<Offset>(i));
    const auto end = static_cast<size_t>(value<Offset>(i + 1));
    if (begin == end) return {};  // the data buffer may be absent
    return {static_cast<const char*>(array_->buffers[2]) + begin, end - begin};
  }

  // A view is {int32 size, 12 bytes of text} or {int32 size, 4 bytes, int32 buffer, int32 offset}.
  std::string_view view(size_t i) const {
    const char* entry = static_cast<const char*>(array_->buffers[1]) + 16 * i;
    int32_t word[4];
    std::memcpy(word, entry, sizeof word);
    const auto size = static_cast<size_t>(word[0]);
    if (size <= 12) return {entry + 4, size};
    return {static_cast<const char*>(array_->buffers[2 + word[2]]) + word[3], size};
  }

  template <class Offset>
  std::string_view items(Offset begin, Offset end) const {
    if (begin == end) return {};
    const ArrowArray& child = *array_->children[0];
    const auto first = static_cast<size_t>(child.offset) + static_cast<size_t>(begin);
    return {static_cast<const char*>(child.buffers[1]) + item_bytes_ * first,
            item_bytes_ * static_cast<size_t>(end - begin)};
  }

  size_t index(size_t i) const {
    switch (layout_) {
      case Layout::indices8: return static_cast<size_t>(value<uint8_t>(i));
      case Layout::indices16: return static_cast<size_t>(value<uint16_t>(i));
      case Layout::indices32: return static_cast<size_t>(value<uint32_t>(i));
      default: return static_cast<size_t>(value<uint64_t>(i));
    }
  }

  const ArrowArray* array_;
  Layout layout_;
  const Strings* dictionary_ = nullptr;
  size_t item_bytes_ = 0;
  size_t num_items_ = 0;
};

/// A chunked column of strings, addressed by chunk and row. Rows count on from chunk to chunk.
class Column {
 public:
  /// Consecutive rows of one chunk; `first` is the column's row number of chunk row `begin`.
  struct Block {
    const Strings* strings;
    size_t begin;
    size_t end;
    size_t first;
  };

  explicit Column(std::vector<Strings> chunks) : chunks_(std::move(chunks)) {
    starts_.push_back(0);
    for (const Strings& chunk : chunks_) starts_.push_back(starts_.back() + chunk.size());
  }

  size_t size() const { return starts_.back(); }

  /// The text of a row; empty for a null. O(log chunks).
  std::string_view operator[](size_t row) const {
    const auto [chunk, local] = locate(row);
    return chunks_[chunk][local];
  }

  bool is_null(size_t row) const {
    const auto [chunk, local] = locate(row);
    return chunks_[chunk].is_null(local);
  }

  bool may_have_nulls() const {
    return std::any_of(chunks_.begin(), chunks_.end(),
                       [](const Strings& chunk) { return chunk.may_have_nulls(); });
  }

  /// Cuts the column into blocks of at most `rows` documents that never span chunks.
  std::vector<Block> blocks(size_t rows) const {
    std::vector<Block> all;
    for (size_t c = 0; c < chunks_.size(); ++c) {
      for (size_t begin = 0; begin < chunks_[c].size(); begin += rows) {
        all.push_back(
            {&chunks_[c], begin, std::min(begin + rows, chunks_[c].size()), starts_[c] + begin});
      }
    }
    return all;
  }

 private:
  std::pair<size_t, size_t> locate(size_t row) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), row);
    const auto chunk = static_cast<size_t>(after - starts_.begin()) - 1;
    return {chunk, row - starts_[chunk]};
  }

  std::vector<Strings> chunks_;
  std::vector<size_t> starts_;
};

}  // namespace corpusmill
