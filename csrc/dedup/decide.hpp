// decide: which rows go, and for which kept row each of them goes. The rule:
//
//   1. Rows with equal shingle sets (by their hash) are one unit; the first of them in the order of
//      preference stands for it.
//   2. Units are visited in that order. Each is compared with the kept units of its buckets,
//      earliest first, and dropped for the first whose similarity reaches the threshold; else kept.
//   3. At most max_comparisons kept units are looked at per unit and bucket, the earliest ones.
//
// So every dropped row names a kept row at least `threshold` similar to it, and a chain of similar
// documents never drops unrelated text. At most bands * max_comparisons comparisons a unit.
//
// Rows of equal bytes are one text, and only texts whose signatures are equal can be of one unit:
// so few shingle sets are needed, and add_sets brings them. Oracle: tests/oracles.py::decide.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/hash.hpp"
#include "dedup/groups.hpp"
#include "dedup/lsh.hpp"
#include "dedup/set_store.hpp"

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
  /// signatures, content_hashes: one per row; signatures must outlive this, and may be empty with
  /// bands.bands = 0. order: the rows that take part, most preferred first.
  Decider(const Signatures& signatures, std::span<const Hash128> content_hashes,
          std::span<const int64_t> order, const DecideOptions& options, int threads);

  /// The rows whose shingle sets decide() needs, ascending: those that share a bucket, if verify is
  /// exact; else those whose signature equals that of other bytes.
  const std::vector<int64_t>& candidates() const { return sets_.rows(); }

  /// Takes the shingle sets of candidate rows: docs[picks[i]] is the text of rows[i]. If verify is
  /// exact, 8 bytes per shingle of each distinct set are held. Several threads may call at once,
  /// with different rows.
  void add_sets(std::span<const int64_t> rows, std::span<const int64_t> picks, const Column& docs,
                const ngram::ShingleOptions& options, int threads) {
    sets_.add(rows, picks, docs, options, threads);
  }

  /// Takes the decisions; once. Throws std::logic_error if a candidate's set was never added.
  Dropped decide();

  /// What max_comparisons cut short, after decide(); buckets largest first.
  const std::vector<CappedBucket>& capped_buckets() const { return capped_buckets_; }
  int64_t num_capped_units() const { return num_capped_units_; }

 private:
  static constexpr uint32_t none = 0xffffffffu;

  void index_buckets();
  bool has_bucket(uint32_t text) const { return own_offsets_[text] < own_offsets_[text + 1]; }
  std::vector<uint32_t> texts_of_equal_signature() const;
  void ask_for_sets();
  void unite();
  void visit(uint32_t unit, ShingleSet& set);
  bool gather_kept(uint32_t unit);
  double similarity(uint32_t unit, uint32_t kept, ShingleSet& set) const;
  void keep(uint32_t unit);
  Dropped collect() const;
  void find_capped_buckets();

  Signatures signatures_;
  DecideOptions options_;
  std::vector<int64_t> rows_;          // rows that take part, in order of preference
  Groups texts_;                       // of rows_, by equal bytes
  std::vector<uint32_t> first_row_;    // of each text, its most preferred row
  Buckets buckets_;                    // of texts; visits overwrite the front with kept units
  std::vector<uint32_t> num_kept_;     // in each bucket
  std::vector<uint8_t> capped_;        // whether max_comparisons ever cut a bucket short
  std::vector<uint64_t> own_offsets_;  // buckets of text t: own_buckets_[own_offsets_[t] ..]
  std::vector<uint32_t> own_buckets_;
  SetStore sets_;
  std::vector<uint32_t> set_of_;    // of each text, its place in sets_; none if it has none
  std::vector<uint32_t> unit_of_;   // of each text, the first text of its unit, which is its name
  std::vector<uint32_t> kept_for_;  // the kept unit a unit was dropped for; none if kept
  std::vector<double> similarity_;  // to it
  std::vector<uint32_t> gathered_;
  std::vector<CappedBucket> capped_buckets_;
  int64_t num_capped_units_ = 0;
};

}  // namespace corpusmill::dedup
