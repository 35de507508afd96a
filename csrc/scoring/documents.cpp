// documents: sums from left to right, in doubles; the least by selection, never by sorting.
#include "scoring/documents.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "core/parallel.hpp"

namespace corpusmill::scoring {

namespace {

/// body(begin, end) for blocks of documents.
template <class Body>
void for_documents(Offsets offsets, int threads, const Body& body) {
  constexpr size_t at_once = 256;
  const size_t count = offsets.size() - 1;
  parallel_for((count + at_once - 1) / at_once, threads, [&](size_t block, size_t) {
    body(block * at_once, std::min(count, (block + 1) * at_once));
  });
}

/// The k-th least is selected; the sum then goes from left to right, for selection leaves any
/// order.
double least_mean(const std::vector<float>& scores, double ratio, std::vector<float>& scratch) {
  if (scores.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto share = static_cast<size_t>(static_cast<double>(scores.size()) * ratio);
  const size_t k = std::clamp<size_t>(share, 1, scores.size());
  scratch = scores;
  const auto last = scratch.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(scratch.begin(), last, scratch.end());
  double sum = 0;
  size_t below = 0;
  for (const float score : scores) {
    if (score >= *last) continue;
    sum += double{score};
    ++below;
  }
  return (sum + static_cast<double>(k - below) * double{*last}) / static_cast<double>(k);
}

/// Of score(token), NaN left out.
template <class Score>
std::vector<double> least_means(Offsets offsets, double ratio, int threads, const Score& score) {
  std::vector<double> means(offsets.size() - 1);
  for_documents(offsets, threads, [&](size_t first, size_t end) {
    std::vector<float> scores, scratch;
    for (size_t document = first; document < end; ++document) {
      scores.clear();
      for (int64_t token = offsets[document]; token < offsets[document + 1]; ++token) {
        const float of_token = score(static_cast<size_t>(token));
        if (!std::isnan(of_token)) scores.push_back(of_token);
      }
      means[document] = least_mean(scores, ratio, scratch);
    }
  });
  return means;
}

}  // namespace

Sums sums(std::span<const float> numbers, Offsets offsets, int threads) {
  const size_t count = offsets.size() - 1;
  Sums all{std::vector<double>(count), std::vector<int64_t>(count)};
  for_documents(offsets, threads, [&](size_t first, size_t end) {
    for (size_t document = first; document < end; ++document) {
      for (int64_t token = offsets[document]; token < offsets[document + 1]; ++token) {
        const float number = numbers[static_cast<size_t>(token)];
        if (std::isnan(number)) continue;
        all.sum[document] += double{number};
        ++all.count[document];
      }
    }
  });
  return all;
}

std::vector<double> min_k(std::span<const float> nll, Offsets offsets, double ratio, int threads) {
  return least_means(offsets, ratio, threads, [&](size_t token) { return -nll[token]; });
}

std::vector<double> min_k_pp(std::span<const float> nll, std::span<const float> entropy,
                             std::span<const float> variance, Offsets offsets, double ratio,
                             int threads) {
  return least_means(offsets, ratio, threads, [&](size_t token) {
    return (entropy[token] - nll[token]) / std::sqrt(std::max(variance[token], least_variance));
  });
}

}  // namespace corpusmill::scoring
