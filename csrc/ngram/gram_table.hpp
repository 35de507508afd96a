// gram_table: n-grams as sequences of n numbers, each with how often it came. Exact: what it counts
// together is the same sequence. Knows no text and no files.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/hash.hpp"
#include "core/pages.hpp"
#include "core/slot_table.hpp"

namespace corpusmill::ngram {

/// An n-gram that came: the middle of its key, by which results are in order, and its n numbers.
struct GramRecord {
  static size_t width(size_t n) { return n + 1; }  // in numbers
  static uint32_t middle(const uint32_t* record) { return record[0]; }
  static const uint32_t* gram(const uint32_t* record) { return record + 1; }
};

/// A record here is that of an n-gram, then the low and the high half of its count. At most
/// 2**32 - 1 records.
class GramTable {
 public:
  explicit GramTable(size_t n) : n_(n) {}

  static size_t width(size_t n) { return GramRecord::width(n) + 2; }

  size_t size() const { return slots_.size(); }
  const uint32_t* record(size_t i) const { return records_.data() + i * width(n_); }
  const uint32_t* gram(size_t i) const { return GramRecord::gram(record(i)); }
  static uint64_t count(const uint32_t* record, size_t n) {
    return uint64_t{record[n + 2]} << 32 | record[n + 1];
  }
  uint64_t count(size_t i) const { return count(record(i), n_); }
  std::span<const uint32_t> records() const { return {records_.data(), size() * width(n_)}; }

  /// Of the numbers, not of the key, which many different n-grams can be made to share.
  uint64_t hash(const uint32_t* record) const {
    const uint32_t* const gram = GramRecord::gram(record);
    uint64_t hash = n_;
    size_t i = 0;
    for (; i + 2 <= n_; i += 2) {
      const uint64_t both = uint64_t{gram[i + 1]} << 32 | gram[i];
      hash = multiply_fold(hash ^ both ^ 0x9e3779b97f4a7c15u, both ^ 0xd6e8feb86659fd93u);
    }
    return i == n_ ? hash
                   : multiply_fold(hash ^ 0x9e3779b97f4a7c15u, gram[i] ^ 0xd6e8feb86659fd93u);
  }

  void prefetch(uint64_t hash_of_gram) const { slots_.prefetch(hash_of_gram); }

  void add(const uint32_t* record, uint64_t hash_of_gram, uint64_t count) {
    const size_t before = size();
    const uint32_t i = slots_.find_or_add(
        hash_of_gram, [&](uint32_t other) { return same(this->record(other), record); },
        [&](uint32_t other) { return other < before ? hash(this->record(other)) : hash_of_gram; });
    if (i == before) {
      const size_t used = i * width(n_);
      if (records_.size() < used + width(n_)) {
        records_.resize(std::max(2 * records_.size(), 256 * width(n_)));
      }
      std::memcpy(records_.data() + used, record, GramRecord::width(n_) * sizeof(uint32_t));
      set_count(i, count);
    } else {
      set_count(i, this->count(i) + count);
    }
  }

  /// Empty, with room for so many different n-grams.
  void reset(size_t expected) {
    slots_.reset(expected);
    if (records_.size() < expected * width(n_)) records_.resize(expected * width(n_));
  }

 private:
  bool same(const uint32_t* left, const uint32_t* right) const {
    for (size_t i = 0; i < GramRecord::width(n_); ++i) {
      if (left[i] != right[i]) return false;
    }
    return true;
  }

  void set_count(size_t i, uint64_t count) {
    uint32_t* end = records_.data() + i * width(n_) + GramRecord::width(n_);
    end[0] = static_cast<uint32_t>(count);
    end[1] = static_cast<uint32_t>(count >> 32);
  }

  size_t n_;
  SlotTable slots_;
  PageVector<uint32_t> records_;
};

}  // namespace corpusmill::ngram
