// decide: which rows go, and for which kept row each of them goes. The rule:
//
//   1. Rows with equal shingle sets (by their hash) are one unit; where similarity is not exact,
//      rows with the same shingles, each as often. The first of them in the order of preference
//      stands for it.
//   2. Units are visited in that order. Each is compared with the kept units of its buckets,
//      earliest first, and dropped for the first whose similarity reaches the threshold; else kept.
//   3. At most max_comparisons kept units are looked at per unit and bucket, the earliest ones.
//
// So every dropped row names a kept row at least `threshold` similar to it, and a chain of similar
// documents never drops unrelated text. At most bands * max_comparisons comparisons a unit.
//
// Rows of equal hashes are one text, and only texts that share a bucket are asked for more. All
// that grows with a row's signature or text goes through Room. Oracle:
// tests/oracles_dedup.py::decide.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/hash.hpp"
#include "core/partitions.hpp"
#include "dedup/bands.hpp"
#include "dedup/evidence.hpp"
#include "dedup/membership.hpp"
#include "dedup/order.hpp"

namespace corpusmill::dedup {

struct DecideOptions {
  size_t num_hashes;  // of a signature; 0 if only equal bytes count
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
  std::vector<int8_t> same_unit;   // 1: dropped for a row of its unit
};

/// A bucket in which some unit could not be compared with every kept unit before it.
struct CappedBucket {
  int64_t band;   // the first of those with the same members
  int64_t row;    // its first kept row
  int64_t units;  // its members
  int64_t kept;   // of which kept
};

/// Asks for what it needs, in this order: add_rows, find_candidates, add_signatures unless verify
/// is exact, add_sets, decide. Holds 8 bytes a row, 8 more if the order is not that of rows, about
/// 60 bytes a candidate and 24 a bucket; the rest is the room's.
class Decider {
 public:
  Decider(Order order, const DecideOptions& options, const Room& room, int threads);

  /// Rows that follow each other: a hash of each, by its bytes if verify is exact or no signature
  /// is looked at, else by its shingles; and its signature, or the names of its buckets, row-major.
  struct Rows {
    std::span<const Hash128> hashes;
    std::span<const uint32_t> slots;
    std::span<const uint64_t> buckets;
  };

  /// The next rows, in blocks that the threads share.
  void add_rows(std::span<const Rows> blocks);

  /// Once all rows are there: those that share a bucket, ascending.
  std::vector<int64_t> find_candidates();

  /// Takes the signatures of candidates: row picks[i] of slots, row-major, is that of rows[i].
  void add_signatures(std::span<const int64_t> rows, std::span<const int64_t> picks,
                      std::span<const uint32_t> slots);

  /// The candidates whose shingle sets are needed, ascending: all if verify is exact, else none.
  std::vector<int64_t> rows_to_verify() const;

  /// Takes the shingle sets of such rows: docs[picks[i]] is the text of rows[i].
  void add_sets(std::span<const int64_t> rows, std::span<const int64_t> picks, const Column& docs,
                const ngram::ShingleOptions& options, int threads);

  /// Takes the decisions; once. Throws std::logic_error if something asked for was never added.
  Dropped decide();

  /// What max_comparisons cut short, after decide(); buckets largest first.
  const std::vector<CappedBucket>& capped_buckets() const { return capped_buckets_; }
  int64_t num_capped_units() const { return num_capped_units_; }

 private:
  struct Content {
    Hash128 hash;
    uint32_t rank;
  };
  struct Drop {
    uint32_t kept;
    double similarity;
  };

  void add_block(const Rows& rows, size_t first_row, size_t adder);
  void find_texts();
  size_t place_of(uint32_t rank) const;
  std::vector<uint32_t> places_of(std::span<const int64_t> rows) const;
  std::vector<int64_t> candidates() const;
  void check_evidence() const;
  void unite();
  void visit(uint32_t unit, std::span<const Membership> memberships);
  bool gather_kept(std::span<const Membership> memberships);
  Dropped collect() const;
  void find_capped_buckets();

  Order order_;
  DecideOptions options_;
  size_t memory_;
  int threads_;
  ScratchFile added_;  // for what is added of rows
  ScratchFile found_;  // for what is found of them, and the evidence
  size_t next_row_ = 0;
  SharedPartitions<Content> contents_;
  Memberships memberships_;           // of texts, by rank
  std::vector<uint32_t> stands_for_;  // rank to text, text to unit, all named by first rank
  BucketList buckets_;
  std::vector<uint32_t> texts_;  // that share a bucket, ascending; their places
  std::unique_ptr<Evidence> evidence_;
  std::vector<uint32_t> kept_;       // the first kept units of bucket b, from buckets_.fronts[b] on
  std::vector<uint32_t> num_kept_;   // in each bucket
  std::vector<uint32_t> num_units_;  // in each bucket
  std::vector<uint8_t> capped_;      // whether max_comparisons ever cut a bucket short
  std::vector<Drop> drops_;
  std::vector<uint32_t> drop_of_;  // of each unit, its number in drops_ and 1; 0 if kept
  std::vector<uint32_t> gathered_;
  std::vector<CappedBucket> capped_buckets_;
  int64_t num_capped_units_ = 0;
};

}  // namespace corpusmill::dedup
