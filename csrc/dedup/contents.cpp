// contents: one pass over the bytes.
#include "dedup/contents.hpp"

#include "core/parallel.hpp"
#include "simd/hash.hpp"

namespace corpusmill::dedup {

PageVector<Hash128> content_hashes(const Column& docs, int threads) {
  PageVector<Hash128> hashes(docs.size());
  const auto blocks = docs.blocks(256);
  parallel_for(blocks.size(), threads, [&](size_t b, size_t) {
    const Column::Block& block = blocks[b];
    for (size_t i = block.begin; i < block.end; ++i) {
      if (block.strings->is_null(i)) continue;
      hashes[block.first + i - block.begin] = xxh3_128((*block.strings)[i]);
    }
  });
  return hashes;
}

}  // namespace corpusmill::dedup
