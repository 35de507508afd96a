// term_filter: which units of a text may lie in one of many forms, by the hashes of two neighbours
// alone. Says yes to all that do, and to few others. Knows no forms.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/pages.hpp"

namespace corpusmill::ngram {

/// Two bits of one 64-bit word for each key, so that a question is one look into memory; a million
/// keys lie in or near a second-level cache.
class TermFilter {
 public:
  enum Kind : uint8_t {
    both = 1,   // a unit and the next are a form
    first = 2,  // they begin a longer one
    later = 4,  // they follow each other later in one
    alone = 8   // the unit is one
  };

  /// Sized for so many keys.
  TermFilter(size_t num_units, size_t num_pairs)
      : units_(zeros(num_units * bits_per_key / 64 + 1)),
        pairs_(zeros(num_pairs * bits_per_key / 64 + 1)) {}
  TermFilter() : TermFilter(0, 0) {}

  /// Of well mixed hashes.
  void add(uint64_t unit) { set(units_[place(unit, units_)], unit, alone); }
  void add(uint8_t kinds, uint64_t unit, uint64_t next) {
    const uint64_t key = pair(unit, next);
    set(pairs_[place(key, pairs_)], key, kinds);
  }

  /// What to prefetch before kinds is asked. (A function that does it is dropped by GCC 12 as one
  /// that has no effect.)
  const void* word(uint64_t unit, uint64_t next) const {
    return &pairs_[place(pair(unit, next), pairs_)];
  }

  /// Which kinds a unit may be of.
  uint64_t kinds(uint64_t unit, uint64_t next) const {
    const uint64_t key = pair(unit, next);
    return (get(pairs_[place(key, pairs_)], key) & (both | first | later)) |
           (get(units_[place(unit, units_)], unit) & alone);
  }

 private:
  static constexpr size_t bits_per_key = 12;
  using Words = TableVector<uint64_t>;

  // A large one gets the least room for which there are huge pages, and leaves untouched what of it
  // is too much.
  static Words zeros(size_t size) {
    constexpr size_t large = (1 << 20) / sizeof(uint64_t);
    Words words;
    if (size >= large) words.reserve(std::max(size, 4 * large));
    words.resize(size);
    return words;
  }

  static uint64_t pair(uint64_t unit, uint64_t next) { return unit * 0x9e3779b97f4a7c15u + next; }
  static size_t place(uint64_t key, const Words& words) { return (key >> 32) * words.size() >> 32; }

  // All kinds of a key stand side by side, at two places of its word.
  static int turn(uint64_t key) { return static_cast<int>(key & 63); }
  static int second_turn(uint64_t key) { return static_cast<int>(key >> 6 & 63); }
  static void set(uint64_t& word, uint64_t key, uint64_t kinds) {
    word |= std::rotl(kinds, turn(key)) | std::rotl(kinds, second_turn(key));
  }
  static uint64_t get(uint64_t word, uint64_t key) {
    return std::rotr(word, turn(key)) & std::rotr(word, second_turn(key));
  }

  Words units_, pairs_;
};

}  // namespace corpusmill::ngram
