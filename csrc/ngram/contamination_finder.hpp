// contamination_finder: the n-grams of a document that are in an index of benchmarks, and where
// they stand. Knows no texts: contamination_scan.cpp says whose they are.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ngram/contamination.hpp"
#include "simd/loops.hpp"

namespace corpusmill::ngram {

/// An n-gram of the index, and its bytes in a document.
struct NgramHit {
  uint32_t ngram;
  uint64_t begin, end;
};

/// The n-grams of one document that are in the index. Room for them is reused between documents.
class NgramFinder {
 public:
  explicit NgramFinder(const ContaminationIndex& index)
      : index_(index),
        hasher_(index.rule().form, true),
        words_(std::max(piece, 4 * index.rule().n)),
        windows_(words_.size()),
        begins_(words_.size()),
        ends_(words_.size()) {}

  void operator()(std::string_view document) {
    hits.clear();
    num_ngrams = 0;
    used_ = 0;
    looked_up_ = false;
    hasher_(document, [&](uint64_t hash, size_t begin, size_t end) {
      words_[used_] = hash;
      begins_[used_] = begin;
      ends_[used_] = end;
      if (++used_ == words_.size()) flush(used_ - index_.rule().n + 1);
    });
    const size_t n = index_.rule().n;
    if (used_ > 0 && !looked_up_ && used_ < n) num_ngrams = 1;
    flush(used_);
  }

  std::vector<NgramHit> hits;
  int64_t num_ngrams = 0;

 private:
  static constexpr size_t piece = 4096;  // words that are looked up at once

  /// Looks up what begins with the first `count` words in the buffer, and keeps the others.
  void flush(size_t count) {
    const ContaminationRule& rule = index_.rule();
    find_openings(count);
    if (used_ >= rule.n) {
      const size_t num_windows = used_ - rule.n + 1;
      simd::loops().windows(words_.data(), used_, rule.n, windows_.data());
      index_.ngrams().find_all({windows_.data(), num_windows},
                               [&](size_t i, size_t ngram) { add(ngram, i, rule.n); });
      num_ngrams += static_cast<int64_t>(num_windows);
    }
    const size_t left = used_ - count;
    for (auto* buffer : {&words_, &begins_, &ends_}) {
      std::copy(buffer->begin() + static_cast<std::ptrdiff_t>(count),
                buffer->begin() + static_cast<std::ptrdiff_t>(used_), buffer->begin());
    }
    looked_up_ = true;
    used_ = left;
  }

  /// Texts of fewer than n words.
  void find_openings(size_t count) {
    const ContaminationRule& rule = index_.rule();
    if (index_.openings().size() == 0 || used_ < rule.min_words) return;
    simd::loops().windows(words_.data(), used_, rule.min_words, windows_.data());
    const size_t num_windows = std::min(count, used_ - rule.min_words + 1);
    index_.openings().find_all({windows_.data(), num_windows}, [&](size_t i, size_t opening) {
      for (uint64_t left = index_.lengths(opening); left != 0; left &= left - 1) {
        const size_t size = rule.min_words + static_cast<size_t>(std::countr_zero(left));
        if (i + size > used_) return;
        simd::loops().windows(&words_[i], size, size, window_.data());
        const size_t ngram = index_.ngrams().find(window_[0]);
        if (ngram != HashSet::none) add(ngram, i, size);
      }
    });
  }

  void add(size_t ngram, size_t i, size_t size) {
    hits.push_back({static_cast<uint32_t>(ngram), begins_[i], ends_[i + size - 1]});
  }

  const ContaminationIndex& index_;
  WordHasher hasher_;
  std::vector<uint64_t> words_, windows_, begins_, ends_;
  std::vector<uint64_t> window_ = std::vector<uint64_t>(64);
  size_t used_ = 0;         // words in the buffer
  bool looked_up_ = false;  // whether words before those were
};

}  // namespace corpusmill::ngram
