// features: each block of documents fills its own part; parts are then laid end to end or added.
#include "ngram/features.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/in_order.hpp"
#include "core/parallel.hpp"
#include "ngram/sparse_counts.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t rows_per_block = 64;

/// Calls body(document, row) for every document of a block that is not null.
template <class Body>
void for_each_document(const Column::Block& block, Body&& body) {
  for (size_t i = block.begin; i < block.end; ++i) {
    if (!block.strings->is_null(i)) body((*block.strings)[i], block.first + i - block.begin);
  }
}

void check_size(std::string_view document, size_t num_orders) {
  if (document.size() >= std::numeric_limits<uint32_t>::max() / num_orders) {
    throw std::length_error("docs: a document of " + std::to_string(document.size()) +
                            " bytes is too long to count its n-grams in 32 bits; cut it");
  }
}

struct Part {
  std::vector<uint32_t> bucket;
  std::vector<uint32_t> count;
};

/// What one thread needs to count documents one by one.
struct Counter {
  explicit Counter(const FeatureOptions& options)
      : counts(options.buckets),
        featurizer(options, [this](std::span<const uint32_t> buckets) { counts.add(buckets); }) {}

  SparseCounts counts;
  Featurizer featurizer;
  Part part;  // of the block at hand
};

// When the room is too little, it grows to what all rows will need if they are like those so far,
// and a quarter more: what is not touched costs nothing.
void append(std::span<const uint32_t> values, size_t rows_before, size_t num_rows,
            Growing<uint32_t>& all) {
  const size_t size = all.size() + values.size();
  const size_t rows = std::min(rows_before + rows_per_block, num_rows);
  const double per_row = static_cast<double>(size) / static_cast<double>(rows);
  const auto expected = static_cast<size_t>(1.25 * per_row * static_cast<double>(num_rows));
  if (size > all.capacity()) all.reserve(std::max(size, expected));
  all.append(values);
}

}  // namespace

Features features(const Column& docs, const FeatureOptions& options, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<std::unique_ptr<Counter>> counters(num_workers(blocks.size(), threads));
  InOrder<Part> parts(blocks.size());
  Features all{std::vector<int64_t>(docs.size() + 1), {}, {}};
  size_t rows_taken = 0;
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    if (!counters[worker]) counters[worker] = std::make_unique<Counter>(options);
    auto& [counts, featurizer, part] = *counters[worker];
    part.bucket.clear();
    part.count.clear();
    for_each_document(blocks[b], [&](std::string_view document, size_t row) {
      check_size(document, options.orders.size());
      featurizer(document);
      const size_t before = part.bucket.size(), num = counts.num_met();
      part.bucket.resize(before + num);
      part.count.resize(before + num);
      counts.take(part.bucket.data() + before, part.count.data() + before);
      all.offsets[row + 1] = static_cast<int64_t>(num);
    });
    parts.put(b, part, [&](const Part& next) {
      append(next.bucket, rows_taken, docs.size(), all.bucket);
      append(next.count, rows_taken, docs.size(), all.count);
      rows_taken += rows_per_block;
    });
  });
  for (size_t row = 0; row < docs.size(); ++row) all.offsets[row + 1] += all.offsets[row];
  return all;
}

std::vector<int64_t> feature_totals(const Column& docs, const FeatureOptions& options,
                                    int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<std::vector<int64_t>> totals(num_workers(blocks.size(), threads));
  std::vector<std::unique_ptr<Featurizer>> featurizers(totals.size());
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    std::vector<int64_t>& own = totals[worker];
    if (!featurizers[worker]) {
      own.resize(options.buckets);
      featurizers[worker] =
          std::make_unique<Featurizer>(options, [&own](std::span<const uint32_t> buckets) {
            for (const uint32_t bucket : buckets) ++own[bucket];
          });
    }
    for_each_document(blocks[b],
                      [&](std::string_view document, size_t) { (*featurizers[worker])(document); });
  });
  std::vector<int64_t> all(options.buckets);
  for (const auto& own : totals) {
    std::transform(own.begin(), own.end(), all.begin(), all.begin(), std::plus<>());
  }
  return all;
}

namespace {

/// Four sums side by side, as each addition waits for the one before it.
void add_entries(std::span<const uint32_t> buckets, const double* table, size_t columns,
                 double* sums) {
  for (size_t c = 0; c < columns; ++c) {
    double lanes[4] = {};
    size_t i = 0;
    for (; i + 4 <= buckets.size(); i += 4) {
      for (size_t j = 0; j < 4; ++j) lanes[j] += table[buckets[i + j] * columns + c];
    }
    for (; i < buckets.size(); ++i) lanes[0] += table[buckets[i] * columns + c];
    sums[c] += (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
  }
}

}  // namespace

FeatureSums feature_sums(const Column& docs, const FeatureOptions& options,
                         std::span<const double> table, int threads) {
  const size_t columns = table.size() / options.buckets;
  const auto blocks = docs.blocks(rows_per_block);
  FeatureSums all{std::vector<double>(docs.size() * columns), std::vector<int64_t>(docs.size()),
                  std::vector<int64_t>(docs.size())};
  std::vector<double*> sums(num_workers(blocks.size(), threads));
  std::vector<std::unique_ptr<Featurizer>> featurizers(sums.size());
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    double*& at = sums[worker];
    if (!featurizers[worker]) {
      featurizers[worker] = std::make_unique<Featurizer>(
          options, [&at, &table, columns](std::span<const uint32_t> buckets) {
            add_entries(buckets, table.data(), columns, at);
          });
    }
    for_each_document(blocks[b], [&](std::string_view document, size_t row) {
      at = all.sum.data() + row * columns;
      all.units[row] = static_cast<int64_t>((*featurizers[worker])(document));
      all.bytes[row] = static_cast<int64_t>(document.size());
    });
  });
  return all;
}

}  // namespace corpusmill::ngram
