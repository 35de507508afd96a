// index_query: documents' signatures against the entries of an index. The rule:
//
//   A document's candidates are, for each band, the first max_comparisons entries whose band key is
//   equal. Of those that reach the threshold (verify = false: of all) it matches the
//   lowest-numbered one, the most similar one (the lowest-numbered of these), or all, ascending.
//
// A signature all of whose slots are open (a null, or no shingle at all) matches nothing. Takes no
// decisions and changes nothing. Oracle: tests/oracles_dedup.py::index_query.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dedup/footprint.hpp"
#include "dedup/lsh.hpp"

namespace corpusmill::dedup {

/// Consecutive entries of an index and the tables over them (index_build), read in place.
struct IndexSegment {
  Signatures signatures;
  const std::byte* tables;
};

enum class Matches : uint8_t { first, best, all };

struct IndexQuery {
  Bands bands;
  double threshold;
  bool verify;
  Matches matches;
  size_t max_comparisons;
  size_t resident = Footprint::unlimited;  // bytes of the segments' pages, which are then mapped
};

struct IndexMatches {
  std::vector<int64_t> query;  // ascending
  std::vector<int64_t> match;  // entries, numbered on from segment to segment
  std::vector<double> similarity;
};

/// bands lookups a document and segment, of little more than one cache miss each, which overlap;
/// for each band that finds its tag, at most log2(entries) + max_comparisons signatures of the
/// index are read. Throws std::invalid_argument if a table names an entry that is not there.
IndexMatches query_index(std::span<const IndexSegment> segments, const Signatures& docs,
                         const IndexQuery& query, int threads);

}  // namespace corpusmill::dedup
