// evidence: text to set, to hash, to its place; and one comparison.
#include "dedup/evidence.hpp"

#include "core/parallel.hpp"
#include "simd/hash.hpp"
#include "simd/loops.hpp"

namespace corpusmill::dedup {

Evidence::Evidence(size_t places, size_t num_hashes, Verify verify, size_t memory,
                   ScratchFile& scratch)
    : num_hashes_(num_hashes),
      verify_(verify),
      sets_(verify == Verify::exact ? places : 0, memory, scratch),
      signatures_(verify == Verify::exact ? 0 : places, memory, scratch),
      set_hashes_(verify == Verify::exact ? places : 0),
      has_list_(places) {}

void Evidence::add_sets(std::span<const uint32_t> places, std::span<const int64_t> picks,
                        const Column& docs, const ngram::ShingleOptions& options, int threads) {
  const auto workers = num_workers(places.size(), threads);
  std::vector<ngram::Shingler> shinglers(workers, ngram::Shingler(options));
  std::vector<ShingleSet> sets(workers);
  std::vector<ListStore<uint64_t>::Batch> batches(workers);
  parallel_for(places.size(), threads, [&](size_t i, size_t w) {
    const auto doc = docs[static_cast<size_t>(picks[i])];
    sets[w].clear();
    sets[w].expect(doc.size());
    shinglers[w](doc, [&](auto shingles) { sets[w].insert(shingles); });
    const auto values = sets[w].values();
    set_hashes_[places[i]] = dedup::set_hash(values);
    sets_.put(places[i], values, batches[w]);
    has_list_[places[i]] = 1;
  });
  for (auto& batch : batches) sets_.store(batch);
}

void Evidence::add_signatures(std::span<const uint32_t> places, std::span<const int64_t> picks,
                              std::span<const uint32_t> slots) {
  ListStore<uint32_t>::Batch batch;
  for (size_t i = 0; i < places.size(); ++i) {
    const size_t at = static_cast<size_t>(picks[i]) * num_hashes_;
    signatures_.put(places[i], slots.subspan(at, num_hashes_), batch);
    has_list_[places[i]] = 1;
  }
  signatures_.store(batch);
}

void Evidence::choose(size_t place) {
  if (verify_ != Verify::exact) {
    chosen_signature_ = signatures_.get(place, chosen_read_);
    return;
  }
  const auto values = sets_.get(place, set_read_);
  chosen_set_.clear();
  chosen_set_.expect(values.size());
  chosen_set_.insert(values);
}

double Evidence::similarity(size_t place) {
  if (verify_ == Verify::exact) return jaccard(chosen_set_, sets_.get(place, set_read_));
  const auto slots = signatures_.get(place, signature_read_);
  const size_t equal =
      simd::loops().count_equal(chosen_signature_.data(), slots.data(), num_hashes_);
  return static_cast<double>(equal) / static_cast<double>(num_hashes_);
}

}  // namespace corpusmill::dedup
