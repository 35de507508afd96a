// from_hidden: the tokens that are scored, batch after batch.
#include "scoring/from_hidden.hpp"

#include <algorithm>
#include <vector>

#include "scoring/batch.hpp"

namespace corpusmill::scoring {

Statistics from_hidden(const Matrix& hidden, const Matrix& weight, std::span<const int64_t> targets,
                       std::span<const float> bias, int level, const Transform& transform,
                       int threads) {
  Job job{hidden,    weight, targets, {bias.begin(), bias.end()},
          transform, level,  threads, Products(hidden.type, hidden.columns)};
  if (!bias.empty()) job.bias.resize(bias.size() + simd::score_loops().panel);
  std::vector<size_t> scored;
  for (size_t i = 0; i < targets.size(); ++i) {
    if (targets[i] >= 0) scored.push_back(i);
  }
  Statistics result(targets.size(), level);
  const std::span<const size_t> tokens(scored);
  const size_t at_once = Batch::most_tokens(job);
  for (size_t first = 0; first < tokens.size(); first += at_once) {
    Batch(job, tokens.subspan(first, std::min(at_once, tokens.size() - first))).score(result);
  }
  return result;
}

}  // namespace corpusmill::scoring
