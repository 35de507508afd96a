// shingles: a document's n-grams as 64-bit hashes, in order, repeats included. Definition 1:
//
//   unit      word: its hash (see word_hash); char: its code of utf8.hpp, that is the code point,
//             or 0x110000 + byte for an invalid byte; byte: its value; token: its id, modulo 2**64
//   n-gram    mix(sum of unit[j] * B**(m - 1 - j) for j < m, + m * K)   mod 2**64, m = n units
//   edges     fewer than n units: one shingle of all m units; no unit: XXH3-64 of the raw bytes
//
// Oracle: tests/oracles.py::shingles. Knows no sets and no signatures.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/strings.hpp"
#include "ngram/units.hpp"
#include "text/words.hpp"

namespace corpusmill::ngram {

struct ShingleOptions {
  size_t n = 5;
  Unit unit = Unit::word;
  TokenType tokens = {};  // of Unit::token
};

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
    for_each_unit(document, options_.unit, options_.tokens, words_, [&](uint64_t unit) {
      units_[used_++] = unit;
      if (used_ == units_.size()) flush(sink);
    });
    finish(document, sink);
  }

 private:
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
