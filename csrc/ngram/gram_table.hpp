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

/// At most 2**32 - 1 records, of the form of those that are counted.
class GramTable {
 public:
  explicit GramTable(size_t n) : n_(n) {}

  size_t size() const { return slots_.size(); }
  uint32_t middle(size_t i) const { return record(i)[0]; }
  const uint32_t* gram(size_t i) const { return record(i) + 1; }
  uint64_t count(size_t i) const { return uint64_t{gram(i)[n_ + 1]} << 32 | gram(i)[n_]; }
  std::span<const std::byte> records() const {
    return std::as_bytes(std::span(records_).first(size() * width()));
  }

  /// Of the numbers, not of the key, which many different n-grams can be made to share.
  template <class Number>
  uint64_t hash(const Number* gram) const {
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

  template <class Number>
  void add(uint32_t middle, const Number* gram, uint64_t hash_of_gram, uint64_t count) {
    const size_t before = size();
    const uint32_t i = slots_.find_or_add(
        hash_of_gram,
        [&](uint32_t other) { return std::equal(gram, gram + n_, this->gram(other)); },
        [&](uint32_t other) { return other < before ? hash(this->gram(other)) : hash_of_gram; });
    if (i == before) {
      const size_t used = i * width();
      if (records_.size() < used + width()) {
        records_.resize(std::max(2 * records_.size(), 256 * width()));
      }
      records_[used] = middle;
      std::copy_n(gram, n_, &records_[used + 1]);
      set_count(i, count);
    } else {
      set_count(i, this->count(i) + count);
    }
  }

  /// Empty, with room for so many different n-grams.
  void reset(size_t expected) {
    slots_.reset(expected);
    if (records_.size() < expected * width()) records_.resize(expected * width());
  }

 private:
  size_t width() const { return n_ + 3; }
  const uint32_t* record(size_t i) const { return records_.data() + i * width(); }

  void set_count(size_t i, uint64_t count) {
    uint32_t* const behind = records_.data() + (i + 1) * width() - 2;
    behind[0] = static_cast<uint32_t>(count);
    behind[1] = static_cast<uint32_t>(count >> 32);
  }

  size_t n_;
  SlotTable slots_;
  PageVector<uint32_t> records_;
};

}  // namespace corpusmill::ngram
