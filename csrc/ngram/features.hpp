// features: what is made of the buckets of a column of documents: counts per document, counts over
// all, and sums of a table's entries. Knows no weights' meaning.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/growing.hpp"
#include "core/strings.hpp"
#include "ngram/featurizer.hpp"

namespace corpusmill::ngram {

/// Ragged result: row i is the buckets and counts from offsets[i] to before offsets[i + 1], buckets
/// ascending; a null has none.
struct Features {
  std::vector<int64_t> offsets;
  Growing<uint32_t> bucket;
  Growing<uint32_t> count;
};

/// Throws std::length_error if a document is so long that a count might not fit.
Features features(const Column& docs, const FeatureOptions& options, int threads);

/// How many n-grams of all documents fall into each bucket.
std::vector<int64_t> feature_totals(const Column& docs, const FeatureOptions& options, int threads);

/// Of each document and each column of the table the sum of its n-grams' entries, and the number of
/// its units and bytes; 0 for a null.
struct FeatureSums {
  std::vector<double> sum;  // documents * columns
  std::vector<int64_t> units;
  std::vector<int64_t> bytes;
};

/// table: buckets * columns numbers. The sums depend on a document and the table alone.
FeatureSums feature_sums(const Column& docs, const FeatureOptions& options,
                         std::span<const double> table, int threads);

}  // namespace corpusmill::ngram
