// grams: n-grams as texts with their counts, and the best of them by a score. Counts nothing.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/growing.hpp"

namespace corpusmill::ngram {

/// N-grams and their counts, and scores if they were asked for. N-gram i is the bytes from
/// offsets[i] to before offsets[i + 1]: words joined by a space; characters; bytes; ids of four
/// bytes, the highest first, so that they sort as their bytes do.
struct Grams {
  Grams() { offsets.append(std::array{int64_t{0}}); }

  Growing<int64_t> offsets;
  Growing<uint8_t> texts;
  Growing<int64_t> counts;
  std::vector<double> scores;
};

/// The same, as somebody else holds them.
struct GramsView {
  std::span<const int64_t> offsets;
  std::span<const uint8_t> texts;
  std::span<const int64_t> counts;
  std::span<const double> scores;
};

/// The k of the largest score among those that were added, and of equal ones the first by their
/// bytes. Holds about twice as many.
class BestGrams {
 public:
  /// least: of a lower score none is wanted.
  explicit BestGrams(size_t k, double least = -std::numeric_limits<double>::infinity())
      : k_(k), least_(least) {}

  /// Of a lower score none can be among them any more.
  double least() const { return least_; }

  void add(double score, uint64_t count, std::string text);
  void add(const GramsView& grams);
  void add(BestGrams&& others);

  /// Best first.
  Grams grams();

 private:
  struct Ranked {
    double score;
    uint64_t count;
    std::string text;
  };

  static bool better(const Ranked& a, const Ranked& b) {
    return a.score != b.score ? a.score > b.score : a.text < b.text;
  }
  void cut();

  size_t k_;
  double least_;
  std::vector<Ranked> found_;
};

}  // namespace corpusmill::ngram
