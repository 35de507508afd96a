// statistics: the statistics of tokens as columns (docs/scoring.md says what each is), and what
// they are of a row's sums.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "simd/score_loops.hpp"

namespace corpusmill::scoring {

/// What becomes of a product before it is a logit: softcap * tanh(scale * x / softcap), or scale *
/// x if softcap is 0.
struct Transform {
  float scale = 1;
  float softcap = 0;

  bool changes() const { return scale != 1 || softcap != 0; }
};

/// One entry per token; columns above the level are empty. NaN and -1 where nothing is scored.
struct Statistics {
  std::vector<float> nll, lse, max_logprob;
  std::vector<float> entropy, variance;
  std::vector<float> sum_p2, el2n, mass_above;
  std::vector<int32_t> argmax, rank;

  /// For so many tokens, none scored. level: 0 to 2; below 0 there is no column.
  Statistics(size_t tokens, int level);

  /// Of all of the token's logits. Sums that hold a NaN, or nothing, leave it unscored.
  void set(size_t token, const simd::LogitSums& sums, int level);
};

}  // namespace corpusmill::scoring
