// documents: numbers of tokens, reduced over documents. A token whose numbers are NaN is left out.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace corpusmill::scoring {

/// D + 1 ascending positions: document i is the tokens from offsets[i] up to offsets[i + 1].
using Offsets = std::span<const int64_t>;

/// Per document the sum of its tokens' numbers, and of how many.
struct Sums {
  std::vector<double> sum;
  std::vector<int64_t> count;
};

Sums sums(std::span<const float> numbers, Offsets offsets, int threads);

/// Min-K%: per document the mean of the k least ln p = -nll, k = max(1, the whole part of ratio
/// times the number of tokens). NaN for a document of none. O(tokens), by selection.
std::vector<double> min_k(std::span<const float> nll, Offsets offsets, double ratio, int threads);

/// Min-K%++: the same of (entropy - nll) / sqrt(variance), the variance at least `least_variance`.
constexpr float least_variance = 1e-6F;
std::vector<double> min_k_pp(std::span<const float> nll, std::span<const float> entropy,
                             std::span<const float> variance, Offsets offsets, double ratio,
                             int threads);

}  // namespace corpusmill::scoring
