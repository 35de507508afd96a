// set_store: text to set, to hash, to its place.
#include "dedup/set_store.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "core/parallel.hpp"

namespace corpusmill::dedup {

void SetStore::ask(std::vector<int64_t> rows, bool with_values) {
  rows_ = std::move(rows);
  with_values_ = with_values;
  hashes_.resize(rows_.size());
  added_.resize(rows_.size());
}

void SetStore::add(std::span<const int64_t> rows, std::span<const int64_t> picks,
                   const Column& docs, const ngram::ShingleOptions& options, int threads) {
  const auto workers = num_workers(rows.size(), threads);
  std::vector<ngram::Shingler> shinglers(workers, ngram::Shingler(options));
  std::vector<ShingleSet> sets(workers);
  parallel_for(rows.size(), threads, [&](size_t i, size_t w) {
    sets[w].clear();
    shinglers[w](docs[static_cast<size_t>(picks[i])],
                 [&](auto shingles) { sets[w].insert(shingles); });
    put(place_of(rows[i]), sets[w].values());
  });
}

void SetStore::put(size_t place, std::span<const uint64_t> values) {
  hashes_[place] = set_hash(values);
  added_[place] = 1;
  if (!with_values_) return;
  const std::scoped_lock lock(values_mutex_);
  const auto [held, is_new] = values_.try_emplace(hashes_[place]);
  if (is_new) held->second.assign(values.begin(), values.end());
}

void SetStore::check_complete() const {
  const auto missing = std::find(added_.begin(), added_.end(), 0);
  if (missing == added_.end()) return;
  const auto row = rows_[static_cast<size_t>(missing - added_.begin())];
  throw std::logic_error("the shingle set of row " + std::to_string(row) + " was never added");
}

size_t SetStore::place_of(int64_t row) const {
  const auto found = std::lower_bound(rows_.begin(), rows_.end(), row);
  if (found == rows_.end() || *found != row) {
    throw std::invalid_argument("row " + std::to_string(row) + " is not among those asked for");
  }
  return static_cast<size_t>(found - rows_.begin());
}

}  // namespace corpusmill::dedup
