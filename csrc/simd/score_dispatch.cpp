// score_dispatch: picks the table of scoring that belongs to the level in use. Compiled for the
// baseline only.
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include <string_view>

#include "simd/loops.hpp"
#include "simd/score_loops.hpp"

namespace corpusmill::simd {

extern const ScoreLoops score_loops_baseline;
#ifdef __x86_64__
extern const ScoreLoops score_loops_v3;
extern const ScoreLoops score_loops_v4;
void multiply_bf16(const float* rows, const float* columns, size_t depth, bool fresh, float* tile,
                   size_t stride);
#endif

namespace {

const ScoreLoops& pick() {
#ifdef __x86_64__
  const std::string_view level = loops().level;
  if (level == "v4") return score_loops_v4;
  if (level == "v3") return score_loops_v3;
#endif
  return score_loops_baseline;
}

ScoreLoops::Multiply pick_pairs() {
#ifdef __x86_64__
  constexpr unsigned bf16 = 1u << 5;  // of leaf 7, subleaf 1, EAX
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  const bool has_bf16 = __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & bf16) != 0;
  if (has_bf16 && &score_loops() == &score_loops_v4) return multiply_bf16;
#endif
  return nullptr;
}

}  // namespace

const ScoreLoops& score_loops() {
  static const ScoreLoops& table = pick();
  return table;
}

ScoreLoops::Multiply multiply_pairs() {
  static const ScoreLoops::Multiply function = pick_pairs();
  return function;
}

}  // namespace corpusmill::simd
