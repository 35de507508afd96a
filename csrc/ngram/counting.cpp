// counting: documents to runs of units, those to n-grams in parts.
#include "ngram/counting.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/parallel.hpp"
#include "simd/loops.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t rows_per_block = 64;
constexpr size_t part_bytes = 256 << 10;  // counted in a second-level cache
constexpr size_t most_parts = 1024;       // beyond, adding to one after the other costs more
constexpr size_t word_bytes = 6;          // of text, about

size_t unit_bytes(const CountOptions& options) {
  if (options.unit == Unit::token) return options.tokens.bytes;
  return options.unit == Unit::word ? word_bytes : 1;
}

// The same for each thread and order, so that part i is part i of all.
size_t parts_for(const CountOptions& options, size_t share) {
  const size_t longest = *std::max_element(options.orders.begin(), options.orders.end());
  const size_t units = options.expected_bytes / unit_bytes(options);
  const size_t wanted = units / part_bytes * longest * sizeof(uint32_t);
  const size_t most = std::clamp<size_t>(share / ChunkStore::chunk_bytes / 8, 2, most_parts);
  return std::bit_floor(std::clamp<size_t>(wanted, 2, most));
}

}  // namespace

GramCounter::GramCounter(CountOptions options, int threads)
    : options_(std::move(options)),
      threads_(resolve_threads(threads)),
      scratch_(options_.room.folder, options_.kept_as),
      vocabulary_(options_.room.memory / 2) {
  const auto num_workers = static_cast<size_t>(threads_);
  const size_t longest = *std::max_element(options_.orders.begin(), options_.orders.end());
  num_parts_ = parts_for(options_, share());
  for (size_t i = 0; i < num_workers; ++i) {
    auto worker = std::make_unique<Worker>(
        Worker{UnitStream(options_.unit, options_.tokens, longest - 1, vocabulary_), {}, {}});
    worker->totals.resize(options_.orders.size());
    make_parts(*worker);
    workers_.add(std::move(worker));
  }
}

void GramCounter::make_parts(Worker& worker) {
  worker.parts.clear();
  for (const size_t n : options_.orders)
    worker.parts.emplace_back(n, num_parts_, [this] { return share(); }, scratch_);
}

// What the vocabulary, which may double, leaves of 7/8, and never less than it must leave.
size_t GramCounter::share() const {
  const size_t eighth = options_.room.memory / 8, words = 2 * vocabulary_.bytes;
  const size_t left = std::max(7 * eighth - std::min(words, 7 * eighth), 3 * eighth);
  return left / static_cast<size_t>(threads_) / options_.orders.size();
}

void GramCounter::add(const Column& docs, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<std::vector<uint64_t>> keys(num_workers(blocks.size(), threads));
  parallel_for(blocks.size(), threads, [&](size_t b, size_t w) {
    workers_.borrow([&](Worker& worker) {
      const auto take = [&](const UnitStream::Run& run) { take_run(worker, run, keys[w]); };
      for (size_t i = blocks[b].begin; i < blocks[b].end; ++i) {
        worker.units((*blocks[b].strings)[i], take);
      }
      worker.units.end(take);
    });
  });
}

void GramCounter::take_run(Worker& worker, const UnitStream::Run& run,
                           std::vector<uint64_t>& keys) const {
  if (keys.size() < run.size) keys.resize(run.size);
  for (size_t order = 0; order < options_.orders.size(); ++order) {
    const size_t n = options_.orders[order];
    const size_t begin = run.seen >= n ? run.seen - n + 1 : 0;
    if (run.size < begin + n) continue;
    const size_t count = run.size - begin - n + 1;
    simd::loops().windows(run.hashes + begin, run.size - begin, n, keys.data());
    worker.parts[order].add(keys.data(), run.ids + begin, count);
    worker.totals[order] += count;
  }
}

uint64_t GramCounter::total(size_t order) const {
  uint64_t total = 0;
  for (const auto& worker : workers_.tools()) total += worker->totals[order];
  return total;
}

}  // namespace corpusmill::ngram
