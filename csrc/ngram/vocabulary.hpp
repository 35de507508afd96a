// vocabulary: words as numbers. Exact: two words share a number only if they are the same bytes.
// Knows no n-grams.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.hpp"
#include "core/pages.hpp"
#include "core/slot_table.hpp"
#include "ngram/shingles.hpp"

namespace corpusmill::ngram {

/// A word as it is looked up. The bytes of one up to 16 bytes stand in the halves, padded with
/// zeros; those of a longer one stay where they are.
struct Word {
  uint64_t half[2];
  uint64_t hash;  // word_hash

  static constexpr uint64_t long_word = ~uint64_t{0};  // as half[1]: no word has a byte of 0xFF
  bool is_long() const { return half[1] == long_word; }

  /// At least 16 bytes after it must be readable.
  static Word of(const char* word, size_t size) {
    if (size > 16) return {{0, long_word}, xxh3_64({word, size})};
    Word out{};
    std::memcpy(out.half, word, 16);
    out.half[0] &= word_masks[size + 8];
    out.half[1] &= word_masks[size];
    out.hash = multiply_fold(out.half[0] ^ 0x9e3779b97f4a7c15u, out.half[1] ^ 0xd6e8feb86659fd93u);
    return out;
  }
};

/// Words numbered from 0 as they were added. Many may look up while one adds, but for the moments
/// in which it grows. About 60 bytes a word, and its own bytes if it has more than 16.
class Vocabulary {
 public:
  static constexpr uint32_t none = SlotTable::none;

  size_t size() const { return entries_.size(); }
  size_t bytes() const;

  /// The number of a word, none if it has none. `bytes`: of a long word, else unused.
  uint32_t find(const Word& word, std::string_view bytes) const {
    return slots_.find(word.hash, [&](uint32_t id) { return is(id, word, bytes); });
  }
  void prefetch(const Word& word) const { slots_.prefetch(word.hash); }
  void prefetch_entry(const Word& word) const {
    const uint32_t id = slots_.first(word.hash);
    if (id != none) __builtin_prefetch(&entries_[id]);
  }

  /// Calls work() while nobody looks up.
  using Alone = std::function<void(const std::function<void()>& work)>;

  /// The number of a word, which is added if it is new. Throws std::length_error beyond 2**32 - 2.
  uint32_t add(
      const Word& word, std::string_view bytes, const Alone& alone = [](auto& work) { work(); });

  uint64_t hash(uint32_t id) const { return entries_[id].hash; }
  void prefetch_number(uint32_t id) const { __builtin_prefetch(&entries_[id]); }
  /// Good until a word is added. At least 16 bytes of it can be read, whatever its size.
  std::string_view operator[](uint32_t id) const {
    const Word& word = entries_[id];
    if (word.is_long()) return long_words_[word.half[0]];
    // No word holds a zero byte, so zeros only follow its last byte.
    const size_t last = word.half[1] == 0 ? 0 : 1;
    const auto zeros = static_cast<size_t>(std::countl_zero(word.half[last])) / 8;
    return {reinterpret_cast<const char*>(word.half), 8 * (last + 1) - zeros};
  }

 private:
  bool is(uint32_t id, const Word& word, std::string_view bytes) const {
    const Word& there = entries_[id];
    if (!word.is_long()) return there.half[0] == word.half[0] && there.half[1] == word.half[1];
    return there.is_long() && (*this)[id] == bytes;
  }

  SlotTable slots_;
  TableVector<Word> entries_;  // half[0] of a long word: which of long_words_ it is
  std::vector<std::string> long_words_;
  size_t long_bytes_ = 0;
};

}  // namespace corpusmill::ngram
