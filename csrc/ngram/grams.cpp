// grams: lists that are cut to their best when they have doubled.
#include "ngram/grams.hpp"

#include <algorithm>
#include <utility>

namespace corpusmill::ngram {

namespace {

constexpr size_t spare = 1024;  // of a list, beyond twice its best

}  // namespace

void BestGrams::add(double score, uint64_t count, std::string text) {
  if (score < least_) return;
  found_.push_back({score, count, std::move(text)});
  if (found_.size() < 2 * k_ + spare) return;
  cut();
  least_ = found_.back().score;
}

void BestGrams::add(const GramsView& grams) {
  const auto* const texts = reinterpret_cast<const char*>(grams.texts.data());
  for (size_t i = 0; i < grams.counts.size(); ++i) {
    if (grams.scores[i] < least_) continue;
    add(grams.scores[i], static_cast<uint64_t>(grams.counts[i]),
        std::string(texts + grams.offsets[i], texts + grams.offsets[i + 1]));
  }
}

void BestGrams::add(BestGrams&& others) {
  for (Ranked& one : others.found_) add(one.score, one.count, std::move(one.text));
  others.found_.clear();
}

// The last of them, which is the worst, at its place.
void BestGrams::cut() {
  if (found_.size() <= k_) return;
  std::nth_element(found_.begin(), found_.begin() + static_cast<std::ptrdiff_t>(k_ - 1),
                   found_.end(), better);
  found_.resize(k_);
}

Grams BestGrams::grams() {
  cut();
  std::sort(found_.begin(), found_.end(), better);
  Grams out;
  for (const Ranked& one : found_) {
    out.texts.append({reinterpret_cast<const uint8_t*>(one.text.data()), one.text.size()});
    out.offsets.append(std::array{static_cast<int64_t>(out.texts.size())});
    out.counts.append(std::array{static_cast<int64_t>(one.count)});
    out.scores.push_back(one.score);
  }
  return out;
}

}  // namespace corpusmill::ngram
