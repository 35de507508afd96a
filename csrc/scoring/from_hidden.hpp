// from_hidden: the statistics of tokens from hidden states and the head's weight. Logits exist by
// tiles alone, and never all of them.
#pragma once
#include <cstdint>
#include <span>

#include "scoring/matrix.hpp"
#include "scoring/statistics.hpp"

namespace corpusmill::scoring {

/// hidden: [T, D]; weight: [V, D], of the same type; bias: V, or none. targets: T, below V; one
/// below 0 is not scored. level: 0 to 2; below 0 the products are made and nothing of them, for
/// benches. Beside the results it takes 16 MiB for hidden states, 12 MiB for weights (more from D =
/// 98,304 on) and 0.2 MiB per thread.
Statistics from_hidden(const Matrix& hidden, const Matrix& weight, std::span<const int64_t> targets,
                       std::span<const float> bias, int level, const Transform& transform,
                       int threads);

}  // namespace corpusmill::scoring
