// term_pairs: how often two terms stand together in one document, by where each begins. Finds no
// terms.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "ngram/terms.hpp"

namespace corpusmill::ngram {

/// Of one term in one document, by place.
using Hits = std::span<const TermHit>;

/// Paragraphs of the rarer term in which the other occurs too.
inline int64_t common_paragraphs(Hits rarer, Hits other) {
  const auto before = [](const TermHit& hit, uint64_t paragraph) {
    return hit.paragraph < paragraph;
  };
  int64_t common = 0;
  uint64_t last = UINT64_MAX;
  for (const TermHit& hit : rarer) {
    if (hit.paragraph == std::exchange(last, hit.paragraph)) continue;
    const auto at = std::lower_bound(other.begin(), other.end(), hit.paragraph, before);
    common += at != other.end() && at->paragraph == hit.paragraph;
  }
  return common;
}

/// Pairs of occurrences that begin at most `window` units apart.
inline int64_t within(Hits rarer, Hits other, uint64_t window) {
  int64_t pairs = 0;
  for (const TermHit& hit : rarer) {
    const uint64_t least = hit.unit - std::min(hit.unit, window), most = hit.unit + window;
    const auto begin =
        std::lower_bound(other.begin(), other.end(), least,
                         [](const TermHit& one, uint64_t unit) { return one.unit < unit; });
    const auto end =
        std::upper_bound(begin, other.end(), most,
                         [](uint64_t unit, const TermHit& one) { return unit < one.unit; });
    pairs += end - begin;
  }
  return pairs;
}

}  // namespace corpusmill::ngram
