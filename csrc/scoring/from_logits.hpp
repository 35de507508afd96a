// from_logits: the statistics of tokens whose logits lie in memory, each read once.
#pragma once
#include <cstdint>
#include <span>

#include "scoring/matrix.hpp"
#include "scoring/statistics.hpp"

namespace corpusmill::scoring {

/// logits: [T, V]. targets: T, below V; one below 0 is not scored. level: 0 to 2.
Statistics from_logits(const Matrix& logits, std::span<const int64_t> targets, int level,
                       const Transform& transform, int threads);

}  // namespace corpusmill::scoring
