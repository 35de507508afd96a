// membership: which documents share a bucket, found by sorting band keys part by part, in memory or
// on disk. Takes the buckets of documents one by one. Decides nothing.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/partitions.hpp"
#include "dedup/bands.hpp"

namespace corpusmill::dedup {

/// A document lies in a bucket.
struct Membership {
  uint32_t document;
  uint32_t bucket;
};

/// All buckets with at least two members. Bands with the same members are one bucket.
struct BucketList {
  std::vector<uint64_t> fronts{0};  // prefix sums of min(members, front) over the buckets
  std::vector<uint32_t> band;       // the first band of each bucket

  size_t size() const { return band.size(); }
};

/// The memberships of every document that has any, by document, then bucket. Documents share a
/// bucket if they agree on its name (bands.hpp).
class Memberships {
 public:
  /// documents: how many there will be, numbered from 0; at most 2**32 - 2. So many threads add.
  /// added: for what is added, read no more after find; found: for what is found.
  Memberships(size_t documents, Bands bands, size_t memory, ScratchFile& added, ScratchFile& found,
              size_t adders);

  /// The names of its buckets (bands.hpp), one a band.
  void add(uint32_t document, std::span<const uint64_t> buckets, size_t adder);

  /// Once, after the last add: the buckets of those documents that `counts` takes.
  /// O(documents * bands), and a sort of those that share a bucket. About 40 bytes a thread and key
  /// of a part besides `memory`. Throws std::length_error for more than 2**32 - 1 buckets.
  BucketList find(const std::function<bool(uint32_t)>& counts, size_t front, int threads);

  /// Those that have any, ascending.
  std::vector<uint32_t> documents() const;

  /// Parts by document, ascending; for each call once, after find.
  size_t num_parts() const { return by_document_.count(); }
  PageVector<Membership> take(size_t part);

 private:
  /// 12 bytes: where all else is let go of, these are most of what is held.
  struct BandKey {
    uint32_t high;
    uint32_t low;
    uint32_t document;

    uint64_t key() const { return uint64_t{high} << 32 | low; }
  };
  struct Member {
    uint64_t members;  // a hash of who is in the bucket
    uint32_t document;
    uint32_t band;
  };

  std::vector<Member> shared(const std::vector<PageVector<BandKey>>& all,
                             const std::function<bool(uint32_t)>& counts) const;
  void append(const PageVector<Member>& members, size_t front, BucketList& buckets);

  Bands bands_;
  std::vector<bool> has_any_;
  int shift_;  // brings a document's number to the top of 64 bits
  SharedPartitions<BandKey> by_key_;
  Partitions<Member> by_members_;
  Partitions<Membership> by_document_;
};

}  // namespace corpusmill::dedup
