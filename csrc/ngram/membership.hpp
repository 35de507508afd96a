// membership: documents into a Bloom filter, and what of documents is in one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/strings.hpp"
#include "ngram/bloom.hpp"
#include "ngram/items.hpp"

namespace corpusmill::ngram {

/// Inserts of each document the items 0, stride, 2 * stride, ...; returns how many. Memory: 256 KiB
/// a thread. The filter's bits do not depend on the number of threads.
uint64_t add(Bloom& filter, const Column& docs, const ItemOptions& options, int threads);

/// For every item of each document (every one, whatever the stride) 1 if it is in the filter, else
/// 0: row i's are values[offsets[i] .. offsets[i + 1]).
struct Members {
  std::vector<int64_t> offsets;
  std::vector<uint8_t> values;
};
Members contains(const Bloom& filter, const Column& docs, const ItemOptions& options, int threads);

/// Of each document: how many items it has, and how many of them are in the filter.
struct MemberCounts {
  std::vector<int64_t> items;
  std::vector<int64_t> members;
};
MemberCounts count_members(const Bloom& filter, const Column& docs, const ItemOptions& options,
                           int threads);

/// Of each document the longest chain of items i, i + stride, i + 2 * stride, ... that are all in
/// the filter, the earliest of several: how many, and from which place to before which it reaches.
/// 0, 0, 0 if no item is in the filter.
struct LongestSpans {
  std::vector<int64_t> items;
  std::vector<int64_t> begins;
  std::vector<int64_t> ends;
};
LongestSpans longest_spans(const Bloom& filter, const Column& docs, const ItemOptions& options,
                           int threads);

}  // namespace corpusmill::ngram
