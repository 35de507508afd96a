// set_hash: a 128-bit hash of a document's set of shingles, the same for every order and number of
// occurrences. Holds no set where it can do without.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/hash.hpp"
#include "dedup/shingle_set.hpp"

namespace corpusmill::dedup {

/// Takes the shingles of one document at a time, run by run; reused from document to document.
///
/// The hash is two sums over well-mixed hashes, one of them of a non-linear image, and the number
/// of distinct shingles, so sets that differ agree with probability 2**-128. A document of which
/// few shingles repeat, as most do, is summed whole and the repeats are taken off again.
class SetHasher {
 public:
  void clear();
  void add(std::span<const uint64_t> shingles);
  Hash128 hash();

 private:
  bool find_repeats();

  std::vector<uint64_t> whole_;    // the document, while it is short
  std::vector<uint64_t> repeats_;  // shingles that found their bit set
  std::vector<uint64_t> bits_ = std::vector<uint64_t>(1024);
  ShingleSet set_;  // the document, when it is long or repeats itself
};

}  // namespace corpusmill::dedup
