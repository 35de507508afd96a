// used_merges: the bytes of each token are merged without the merges that make it: two are left.
#include "tokenizer/used_merges.hpp"

#include <algorithm>

#include "tokenizer/merger.hpp"

namespace corpusmill::tokenizer {

std::vector<std::array<uint32_t, 2>> used_merges(const Bpe& bpe) {
  struct Used {
    uint32_t rank;
    std::array<uint32_t, 2> pair;
  };
  std::vector<Used> used;
  Merger merger(bpe);
  for (uint32_t id = 0; id < bpe.vocabulary().size(); ++id) {
    if (bpe.vocabulary()[id].size() < 2) continue;
    const auto parts = merger.parts_of(id);
    if (parts.size() != 2) continue;
    const Merge last = bpe.merges().find(parts[0], parts[1]);
    if (last.rank != no_rank && last.id == id) used.push_back({last.rank, {parts[0], parts[1]}});
  }
  std::ranges::sort(used, {}, &Used::rank);
  std::vector<std::array<uint32_t, 2>> merges;
  merges.reserve(used.size());
  for (const Used& merge : used) merges.push_back(merge.pair);
  return merges;
}

}  // namespace corpusmill::tokenizer
