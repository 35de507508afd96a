// score_loops: compiled once per level, with that level's instructions, under the rule of
// loops.cpp: includes nothing that another file compiles too, and all but the table has internal
// linkage.
#include "simd/score_loops.hpp"

#include "simd/fold.hpp"
#include "simd/multiply.hpp"

namespace {

Floats tanh(Floats x) {
  const Floats magnitude = x < 0.0F ? -x : x;
  const Floats e = exp_minus(bounded(2.0F * magnitude));
  const Floats y = (1.0F - e) / (1.0F + e);
  return x < 0.0F ? -y : y;
}

void finish(float* logits, const float* bias, size_t count, float scale, float softcap) {
  for (size_t i = 0; i < count; i += lanes) {
    Floats x = load(logits + i);
    if (bias != nullptr) x += load(bias + i);
    x *= scale;
    if (softcap != 0) x = softcap * tanh(x / softcap);
    store(x, logits + i);
  }
}

}  // namespace

#define CORPUSMILL_NAME2(prefix, level) prefix##level
#define CORPUSMILL_NAME(prefix, level) CORPUSMILL_NAME2(prefix, level)

namespace corpusmill::simd {

extern const ScoreLoops CORPUSMILL_NAME(score_loops_, CORPUSMILL_LEVEL);
const ScoreLoops CORPUSMILL_NAME(score_loops_, CORPUSMILL_LEVEL) = {
    strip,
    panel,
    multiply<Sums>,
    {fold<0, float>, fold<1, float>, fold<2, float>},
    {fold<0, uint16_t>, fold<1, uint16_t>, fold<2, uint16_t>},
    finish,
};

}  // namespace corpusmill::simd
