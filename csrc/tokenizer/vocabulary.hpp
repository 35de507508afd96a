// vocabulary: the bytes of each token by its id, and the id of given bytes. Knows no merges.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/hash.hpp"
#include "core/slot_table.hpp"
#include "tokenizer/model.hpp"

namespace corpusmill::tokenizer {

class Vocabulary {
 public:
  /// Token i is bytes[offsets[i]] to before bytes[offsets[i + 1]]; an empty one is an id that
  /// stands for nothing. Throws std::invalid_argument if two are the same, or one is beyond 64 KiB.
  Vocabulary(std::string_view bytes, std::span<const int64_t> offsets);

  /// Ids are below it.
  size_t size() const { return offsets_.size() - 1; }

  std::string_view operator[](uint32_t id) const {
    return {bytes_.data() + offsets_[id], offsets_[id + 1] - offsets_[id]};
  }

  /// no_id if no token has these bytes.
  uint32_t find(std::string_view token) const {
    const uint32_t number = by_bytes_.find(
        xxh3_64(token), [&](uint32_t other) { return (*this)[id_of_[other]] == token; });
    return number == SlotTable::none ? no_id : id_of_[number];
  }

  /// Of all tokens one behind the other, and where each begins and the last one ends.
  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }
  std::span<const size_t> offsets() const { return offsets_; }

  size_t longest() const { return longest_; }

 private:
  std::vector<char> bytes_;
  std::vector<size_t> offsets_;
  std::vector<uint32_t> id_of_;  // of a number of by_bytes_
  SlotTable by_bytes_;
  size_t longest_ = 0;
};

}  // namespace corpusmill::tokenizer
