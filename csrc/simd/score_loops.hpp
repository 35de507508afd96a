// score_loops: the wide loops of scoring, as a table per instruction-set level: products of packed
// rows, and what a row of logits comes to. Their numbers are floats: a level always gives the same
// bits, and two levels differ by rounding.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>

namespace corpusmill::simd {

/// What some logits of a row have come to. With d = logit - greatest, sums over all of them.
struct LogitSums {
  float greatest = -std::numeric_limits<float>::infinity();
  float target = 0;    // a logit, by which the two last are
  int32_t argmax = 0;  // the lowest index of the greatest
  double s = 0;        // e^d
  double u = 0;        // d e^d
  double q = 0;        // d^2 e^d
  double c = 0;        // e^2d
  double above = 0;    // e^d of those that are at least the target
  int64_t rank = 0;    // how many are greater than the target
};

/// Which of them are wanted: those up to s; up to q; all.
constexpr size_t num_score_levels = 3;

struct ScoreLoops {
  /// Rows that are multiplied lie packed by `strip`, columns by `panel`: number k of each of them
  /// together.
  size_t strip;
  size_t panel;

  /// tile[i * stride + j] = sum over k < depth of rows[k * strip + i] * columns[k * panel + j], k
  /// ascending; unless `fresh`, that is added to what is there.
  using Multiply = void (*)(const float* rows, const float* columns, size_t depth, bool fresh,
                            float* tile, size_t stride);
  Multiply multiply;

  /// Adds logits with indices from `first` to the sums.
  using Fold = void (*)(const void* logits, size_t count, size_t first, LogitSums* sums);
  Fold fold[num_score_levels];
  Fold fold_bfloat16[num_score_levels];

  /// logits[i] = softcap * tanh(scale * (logits[i] + bias[i]) / softcap); no tanh if softcap is 0,
  /// no bias if that is null. The count is a multiple of `panel`.
  void (*finish)(float* logits, const float* bias, size_t count, float scale, float softcap);
};

/// The table of the level in use.
const ScoreLoops& score_loops();

/// The same products of pairs of bfloat16, the first of a pair in the low half, by the CPU's own
/// instruction: exact products, summed in float32, denormals taken as 0. Null if it has none or
/// another level is in use. Of the same strip and panel.
ScoreLoops::Multiply multiply_pairs();

}  // namespace corpusmill::simd
