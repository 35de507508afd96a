// sketch: the walk over a column.
#include "dedup/sketch.hpp"

#include <algorithm>
#include <string_view>

#include "core/parallel.hpp"
#include "dedup/shingle_sum.hpp"
#include "dedup/signature.hpp"
#include "simd/hash.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t block_rows = 64;

/// One thread's tools.
class Worker {
 public:
  explicit Worker(const SignatureOptions& options)
      : shingler_(options.shingles),
        sketcher_(options.num_hashes, options.seed),
        slots_(options.num_hashes) {}

  /// Slots of its own, all open.
  uint32_t* open_slots() {
    std::fill(slots_.begin(), slots_.end(), open_slot);
    return slots_.data();
  }

  /// Fills a document's slots, which are open.
  void sign(std::string_view document, uint32_t* slots) {
    shingler_(document, [&](auto shingles) { sketcher_.add(shingles, slots); });
  }

  /// The same, and its hash.
  Hash128 sketch(std::string_view document, Same same, uint32_t* slots) {
    if (same == Same::bytes) {
      sign(document, slots);
      return xxh3_128(document);
    }
    ShingleSum sum;
    shingler_(document, [&](auto shingles) {
      sketcher_.add(shingles, slots);
      sum.add(shingles);
    });
    return sum.hash();
  }

 private:
  ngram::Shingler shingler_;
  Sketcher sketcher_;
  std::vector<uint32_t> slots_;
};

/// Calls body(worker, document, row) for every document that is not null.
template <class Body>
void for_each_document(const Column& docs, const SignatureOptions& options, int threads,
                       Body&& body) {
  const auto blocks = docs.blocks(block_rows);
  std::vector<Worker> workers(num_workers(blocks.size(), threads), Worker(options));
  parallel_for(blocks.size(), threads, [&](size_t b, size_t w) {
    const Column::Block& block = blocks[b];
    for (size_t i = block.begin; i < block.end; ++i) {
      if (block.strings->is_null(i)) continue;
      body(workers[w], (*block.strings)[i], block.first + i - block.begin);
    }
  });
}

}  // namespace

std::vector<uint32_t> signatures(const Column& docs, const SignatureOptions& options, int threads) {
  std::vector<uint32_t> slots(docs.size() * options.num_hashes, open_slot);
  for_each_document(docs, options, threads, [&](Worker& worker, auto document, size_t row) {
    worker.sign(document, slots.data() + row * options.num_hashes);
  });
  return slots;
}

Sketches sketch(const Column& docs, const SignatureOptions& options, Same same, int threads) {
  Sketches out{PageVector<uint32_t>(docs.size() * options.num_hashes, open_slot),
               PageVector<Hash128>(docs.size())};
  for_each_document(docs, options, threads, [&](Worker& worker, auto document, size_t row) {
    uint32_t* own = out.signatures.data() + row * options.num_hashes;
    out.hashes[row] = worker.sketch(document, same, own);
  });
  return out;
}

BucketSketches sketch(const Column& docs, const SignatureOptions& options, Bands bands, Same same,
                      int threads) {
  BucketSketches out{PageVector<uint64_t>(docs.size() * bands.bands),
                     PageVector<Hash128>(docs.size())};
  for_each_document(docs, options, threads, [&](Worker& worker, auto document, size_t row) {
    uint32_t* slots = worker.open_slots();
    out.hashes[row] = worker.sketch(document, same, slots);
    uint64_t* own = out.buckets.data() + row * bands.bands;
    for (size_t band = 0; band < bands.bands; ++band) own[band] = bands.bucket(slots, band);
  });
  return out;
}

}  // namespace corpusmill::dedup
