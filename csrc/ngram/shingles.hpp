// shingles: a document's n-grams as 64-bit hashes, in order, repeats included. Definition 1:
//
//   unit      word: its hash (see word_hash); char: its code of utf8.hpp, that is the code point,
//             or 0x110000 + byte for an invalid byte; byte: its value
//   n-gram    mix(sum of unit[j] * B**(m - 1 - j) for j < m, + m * K)   mod 2**64, m = n units
//   edges     fewer than n units: one shingle of all m units; no unit: XXH3-64 of the raw bytes
//
// Oracle: tests/oracles.py::shingles. Knows no sets and no signatures.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "core/hash.hpp"
#include "core/strings.hpp"
#include "text/utf8.hpp"
#include "text/words.hpp"

namespace corpusmill::ngram {

enum class Unit : uint8_t { word, character, byte };

/// word_masks[8 + i] keeps the first i bytes of 8; 0 below, all above.
inline constexpr auto word_masks = [] {
  std::array<uint64_t, 25> masks{};
  for (size_t i = 1; i < masks.size(); ++i) {
    masks[i] = i <= 8 ? 0 : i >= 16 ? ~uint64_t{0} : (uint64_t{1} << (8 * (i - 8))) - 1;
  }
  return masks;
}();

struct ShingleOptions {
  size_t n = 5;
  Unit unit = Unit::word;
};

/// Hash of one word; at least 16 bytes after it must be readable. Up to 16 bytes: the two halves,
/// padded with zeros (no word holds a zero byte), multiplied and folded; beyond: XXH3-64.
inline uint64_t word_hash(const char* word, size_t size) {
  if (size > 16) return xxh3_64({word, size});
  uint64_t half[2];
  std::memcpy(half, word, 16);
  // Without a branch on 8: whether a word is longer is a coin the CPU cannot predict.
  const uint64_t low = half[0] & word_masks[size + 8];
  const uint64_t high = half[1] & word_masks[size];
  return multiply_fold(low ^ 0x9e3779b97f4a7c15u, high ^ 0xd6e8feb86659fd93u);
}

/// Turns documents into shingles with buffers that it keeps; one per thread. Memory is O(n), not
/// O(document).
class Shingler {
 public:
  explicit Shingler(const ShingleOptions& options);

  /// Calls sink(std::span<const uint64_t>) for consecutive runs of the document's shingles; at
  /// least one shingle comes in all.
  template <class Sink>
  void operator()(std::string_view document, Sink&& sink) {
    used_ = 0;
    emitted_ = false;
    for_each_unit(document, [&](uint64_t unit) {
      units_[used_++] = unit;
      if (used_ == units_.size()) flush(sink);
    });
    finish(document, sink);
  }

 private:
  template <class Take>
  void for_each_unit(std::string_view document, Take&& take) {
    switch (options_.unit) {
      case Unit::word:
        text::for_each_word(document, words_,
                            [&](const char* word, size_t size) { take(word_hash(word, size)); });
        break;
      case Unit::character: for_each_character(document, take); break;
      case Unit::byte:
        for (const char byte : document) take(static_cast<uint8_t>(byte));
        break;
    }
  }

  template <class Take>
  static void for_each_character(std::string_view document, Take&& take) {
    const char* const end = document.data() + document.size();
    for (const char* at = document.data(); at < end;) {
      const text::Decoded next = text::decode(at, end);
      take(next.code);
      at += next.size;
    }
  }

  /// Hands out all windows of the full buffer and keeps the n - 1 units the next window needs.
  template <class Sink>
  void flush(Sink&& sink) {
    sink(windows(options_.n));
    emitted_ = true;
    const size_t kept = options_.n - 1;
    std::copy(units_.end() - static_cast<std::ptrdiff_t>(kept), units_.end(), units_.begin());
    used_ = kept;
  }

  template <class Sink>
  void finish(std::string_view document, Sink&& sink) {
    if (used_ >= options_.n) {
      sink(windows(options_.n));
    } else if (!emitted_) {
      sink(used_ > 0 ? windows(used_) : raw_bytes(document));
    }
  }

  std::span<const uint64_t> windows(size_t n);
  std::span<const uint64_t> raw_bytes(std::string_view document);

  ShingleOptions options_;
  text::WordScratch words_;
  std::vector<uint64_t> units_;
  std::vector<uint64_t> hashes_;
  size_t used_ = 0;
  bool emitted_ = false;
};

/// Ragged result: row i is values[offsets[i] .. offsets[i + 1]).
struct Lists {
  std::vector<int64_t> offsets;
  std::vector<uint64_t> values;
};

/// The shingles of each document; a null has none.
Lists hashes(const Column& docs, const ShingleOptions& options, int threads);

}  // namespace corpusmill::ngram
