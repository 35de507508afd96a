// statistics: a row's sums, in doubles, to its statistics.
#include "scoring/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace corpusmill::scoring {

Statistics::Statistics(size_t tokens, int level) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  if (level >= 0) {
    for (auto* column : {&nll, &lse, &max_logprob}) column->assign(tokens, nan);
  }
  if (level >= 1) {
    for (auto* column : {&entropy, &variance}) column->assign(tokens, nan);
  }
  if (level >= 2) {
    for (auto* column : {&sum_p2, &el2n, &mass_above}) column->assign(tokens, nan);
    for (auto* column : {&argmax, &rank}) column->assign(tokens, -1);
  }
}

void Statistics::set(size_t token, const simd::LogitSums& sums, int level) {
  if (!(sums.s > 0)) return;
  const auto put = [token](std::vector<float>& column, double value) {
    column[token] = static_cast<float>(value);
  };
  const double log_s = std::log(sums.s);
  // The difference first: far from 0 the sum would round it away.
  const double loss = (double{sums.greatest} - sums.target) + log_s;
  put(nll, std::max(0.0, loss));
  put(lse, sums.greatest + log_s);
  put(max_logprob, -log_s);
  if (level < 1) return;
  const double mean = sums.u / sums.s;
  put(entropy, std::max(0.0, log_s - mean));
  put(variance, std::max(0.0, sums.q / sums.s - mean * mean));
  if (level < 2) return;
  const double p = std::exp(-loss);
  const double rest = -std::expm1(-loss);  // 1 - p, with all its digits
  const double p2 = sums.c / (sums.s * sums.s);
  put(sum_p2, p2);
  put(el2n, std::sqrt(std::max(0.0, rest * rest + (p2 - p * p))));
  put(mass_above, sums.above / sums.s);
  argmax[token] = sums.argmax;
  rank[token] = static_cast<int32_t>(sums.rank);
}

}  // namespace corpusmill::scoring
