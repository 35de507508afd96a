// evidence: what the candidates of a decision are compared by: their shingle sets, and hashes of
// those, by which equal sets are known; or signatures. Decides nothing.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/hash.hpp"
#include "core/list_store.hpp"
#include "core/strings.hpp"
#include "dedup/shingle_set.hpp"
#include "ngram/shingles.hpp"

namespace corpusmill::dedup {

/// How a candidate is compared: Jaccard of the shingle sets, the signatures' estimate, or not at
/// all (every candidate counts).
enum class Verify : uint8_t { exact, signature, none };

/// Of so many candidates, each known by its place. What does not fit in memory lies in the scratch
/// file. Sets and signatures may come from several threads at once, each at its own places.
class Evidence {
 public:
  Evidence(size_t places, size_t num_hashes, Verify verify, size_t memory, ScratchFile& scratch);

  /// docs[picks[i]] is the text at places[i]; if verify is exact.
  void add_sets(std::span<const uint32_t> places, std::span<const int64_t> picks,
                const Column& docs, const ngram::ShingleOptions& options, int threads);

  /// Row picks[i] of slots, row-major, is the signature at places[i]; for any Verify but exact.
  void add_signatures(std::span<const uint32_t> places, std::span<const int64_t> picks,
                      std::span<const uint32_t> slots);

  bool has_list(size_t place) const { return has_list_[place] != 0; }

  /// Equal for equal sets, if those were added.
  const Hash128& set_hash(size_t place) const { return set_hashes_[place]; }

  /// Makes a candidate the one that `similarity` compares others with.
  void choose(size_t place);

  /// With a candidate: Jaccard of the sets if verify is exact, else the estimate.
  double similarity(size_t place);

 private:
  size_t num_hashes_;
  Verify verify_;
  ListStore<uint64_t> sets_;
  ListStore<uint32_t> signatures_;
  std::vector<Hash128> set_hashes_;
  std::vector<uint8_t> has_list_;
  ShingleSet chosen_set_;
  std::span<const uint32_t> chosen_signature_;
  std::vector<uint64_t> set_read_;
  std::vector<uint32_t> chosen_read_;
  std::vector<uint32_t> signature_read_;
};

}  // namespace corpusmill::dedup
