// decide: which rows go, and for which kept row each of them goes. The rule:
//
//   1. Rows with equal shingle sets (by set hash) are one unit; the first of them in the order of
//      preference stands for it.
//   2. Units are visited in that order. Each is compared with the kept units of its buckets,
//      earliest first, and dropped for the first whose similarity reaches the threshold; else kept.
//   3. At most max_comparisons kept units are looked at per unit and bucket, the earliest ones.
//
// So every dropped row names a kept row at least `threshold` similar to it, and a chain of similar
// documents never drops unrelated text. At most bands * max_comparisons comparisons a unit. Reads
// no text but what add_sets is given. Oracle: tests/oracles.py::decide.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/hash.hpp"
#include "dedup/lsh.hpp"
#include "dedup/shingle_set.hpp"

namespace corpusmill::dedup {

/// How a candidate is compared: Jaccard of the shingle sets, the signatures' estimate, or not at
/// all (every candidate counts).
enum class Verify : uint8_t { exact, signature, none };

struct DecideOptions {
  Bands bands;
  double threshold;
  Verify verify;
  size_t max_comparisons;
};

/// One entry per dropped row, rows ascending.
struct Dropped {
  std::vector<int64_t> row;
  std::vector<int64_t> kept;
  std::vector<double> similarity;  // 1 for rows of one unit
  std::vector<int8_t> equal_set;   // 1: dropped for a row with the same shingle set
};

/// A bucket in which some unit could not be compared with every kept unit before it.
struct CappedBucket {
  int64_t band;
  int64_t row;    // its first kept row
  int64_t units;  // its members
  int64_t kept;   // of which kept
};

class Decider {
 public:
  /// signatures: one row per document, must outlive this; may be empty with bands.bands = 0.
  /// order: the rows that take part, most preferred first.
  Decider(const Signatures& signatures, std::span<const Hash128> set_hashes,
          std::span<const int64_t> order, const DecideOptions& options, int threads);

  /// The rows whose shingle sets decide() needs, ascending; none unless verify is exact.
  std::vector<int64_t> candidates() const;

  /// Takes the shingle sets of candidate rows: docs[picks[i]] is the text of rows[i]. 8 bytes per
  /// distinct shingle are held. Several threads may call at once, with different rows.
  void add_sets(std::span<const int64_t> rows, std::span<const int64_t> picks, const Column& docs,
                const ngram::ShingleOptions& options, int threads);

  /// Takes the decisions; once. Throws std::logic_error if a candidate's set was never added.
  Dropped decide();

  /// What max_comparisons cut short, after decide(); buckets largest first.
  const std::vector<CappedBucket>& capped_buckets() const { return capped_buckets_; }
  int64_t num_capped_units() const { return num_capped_units_; }

 private:
  static constexpr uint32_t none = 0xffffffffu;

  void group_units(std::span<const Hash128> set_hashes, std::span<const int64_t> order);
  void index_buckets();
  uint32_t unit_of_first_row(int64_t row) const;
  void visit(uint32_t unit, ShingleSet& set);
  bool gather_kept(uint32_t unit);
  double similarity(uint32_t unit, uint32_t kept, ShingleSet& set) const;
  void keep(uint32_t unit);
  Dropped collect() const;
  void find_capped_buckets();

  Signatures signatures_;
  DecideOptions options_;
  std::vector<int64_t> rows_;          // rows that take part, in order of preference
  std::vector<uint32_t> unit_of_;      // the unit of rows_[i]
  std::vector<uint32_t> first_row_;    // of each unit, its most preferred row
  Buckets buckets_;                    // of units; visits overwrite the front with the kept ones
  std::vector<uint32_t> num_kept_;     // in each bucket
  std::vector<uint8_t> capped_;        // whether max_comparisons ever cut a bucket short
  std::vector<uint64_t> own_offsets_;  // buckets of unit u: own_buckets_[own_offsets_[u] ..]
  std::vector<uint32_t> own_buckets_;
  std::vector<std::vector<uint64_t>> sets_;  // distinct shingles of each unit that has a bucket
  std::vector<std::pair<uint32_t, uint32_t>> unit_by_row_;  // (first row, unit) of candidates
  std::vector<uint32_t> kept_for_;  // the kept unit a unit was dropped for; none if kept
  std::vector<double> similarity_;  // to it
  std::vector<uint32_t> gathered_;
  std::vector<CappedBucket> capped_buckets_;
  int64_t num_capped_units_ = 0;
};

}  // namespace corpusmill::dedup
