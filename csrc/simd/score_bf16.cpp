// score_bf16: products of pairs of bfloat16 by AVX-512's instruction for them, which no level
// implies. Compiled with it, so it includes nothing that another file compiles too.
#include "simd/multiply.hpp"

namespace corpusmill::simd {

void multiply_bf16(const float* rows, const float* columns, size_t depth, bool fresh, float* tile,
                   size_t stride);

namespace {

struct PairSums {
  static void add(Floats& sum, float row, Floats column) {
    sum = _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(_mm512_set1_ps(row)),
                           reinterpret_cast<__m512bh>(column));
  }
};

}  // namespace

void multiply_bf16(const float* rows, const float* columns, size_t depth, bool fresh, float* tile,
                   size_t stride) {
  multiply<PairSums>(rows, columns, depth, fresh, tile, stride);
}

}  // namespace corpusmill::simd
