// decide: units, their buckets, and one visit to each.
#include "dedup/decide.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include "core/parallel.hpp"

namespace corpusmill::dedup {

Decider::Decider(const Signatures& signatures, std::span<const Hash128> set_hashes,
                 std::span<const int64_t> order, const DecideOptions& options, int threads)
    : signatures_(signatures), options_(options), rows_(order.begin(), order.end()) {
  group_units(set_hashes, order);
  buckets_ = find_buckets(signatures_, first_row_, options_.bands, threads);
  index_buckets();
  if (options_.verify != Verify::exact) return;
  sets_.resize(first_row_.size());
  for (uint32_t unit = 0; unit < first_row_.size(); ++unit) {
    if (own_offsets_[unit] < own_offsets_[unit + 1]) {
      unit_by_row_.emplace_back(first_row_[unit], unit);
    }
  }
  std::sort(unit_by_row_.begin(), unit_by_row_.end());
}

// An open-addressing table from set hash to unit.
void Decider::group_units(std::span<const Hash128> set_hashes, std::span<const int64_t> order) {
  const size_t mask = std::bit_ceil(2 * order.size() + 1) - 1;
  std::vector<uint32_t> table(mask + 1, none);
  for (const int64_t row : order) {
    const Hash128& hash = set_hashes[static_cast<size_t>(row)];
    size_t at = hash.low & mask;
    while (table[at] != none && set_hashes[first_row_[table[at]]] != hash) at = (at + 1) & mask;
    if (table[at] == none) {
      table[at] = static_cast<uint32_t>(first_row_.size());
      first_row_.push_back(static_cast<uint32_t>(row));
    }
    unit_of_.push_back(table[at]);
  }
}

void Decider::index_buckets() {
  const size_t units = first_row_.size();
  own_offsets_.assign(units + 1, 0);
  for (const uint32_t unit : buckets_.members) ++own_offsets_[unit + 1];
  for (size_t u = 0; u < units; ++u) own_offsets_[u + 1] += own_offsets_[u];
  own_buckets_.resize(buckets_.members.size());
  std::vector<uint64_t> next(own_offsets_.begin(), own_offsets_.end() - 1);
  for (size_t b = 0; b < buckets_.size(); ++b) {
    for (const uint32_t unit : buckets_[b]) own_buckets_[next[unit]++] = static_cast<uint32_t>(b);
  }
}

std::vector<int64_t> Decider::candidates() const {
  std::vector<int64_t> out;
  out.reserve(unit_by_row_.size());
  for (const auto& [row, unit] : unit_by_row_) out.push_back(row);
  return out;
}

void Decider::add_sets(std::span<const int64_t> rows, std::span<const int64_t> picks,
                       const Column& docs, const ngram::ShingleOptions& options, int threads) {
  const auto workers = num_workers(rows.size(), threads);
  std::vector<ngram::Shingler> shinglers(workers, ngram::Shingler(options));
  std::vector<ShingleSet> sets(workers);
  parallel_for(rows.size(), threads, [&](size_t i, size_t w) {
    sets[w].clear();
    shinglers[w](docs[static_cast<size_t>(picks[i])],
                 [&](auto shingles) { sets[w].insert(shingles); });
    const auto values = sets[w].values();
    sets_[unit_of_first_row(rows[i])].assign(values.begin(), values.end());
  });
}

uint32_t Decider::unit_of_first_row(int64_t row) const {
  const std::pair sought{static_cast<uint32_t>(row), uint32_t{0}};
  const auto entry = std::lower_bound(unit_by_row_.begin(), unit_by_row_.end(), sought);
  if (entry == unit_by_row_.end() || entry->first != sought.first) {
    throw std::invalid_argument("row " + std::to_string(row) + " is not among candidates()");
  }
  return entry->second;
}

Dropped Decider::decide() {
  const size_t units = first_row_.size();
  kept_for_.assign(units, none);
  similarity_.assign(units, 1.0);
  num_kept_.assign(buckets_.size(), 0);
  capped_.assign(buckets_.size(), 0);
  ShingleSet set;
  for (uint32_t unit = 0; unit < units; ++unit) visit(unit, set);
  find_capped_buckets();
  return collect();
}

void Decider::visit(uint32_t unit, ShingleSet& set) {
  if (own_offsets_[unit] == own_offsets_[unit + 1]) return;
  const bool capped = gather_kept(unit);
  if (options_.verify == Verify::exact && !gathered_.empty()) {
    set.clear();
    set.insert(sets_[unit]);
  }
  for (const uint32_t kept : gathered_) {
    const double similar = similarity(unit, kept, set);
    if (similar < options_.threshold && options_.verify != Verify::none) continue;
    kept_for_[unit] = kept;
    similarity_[unit] = similar;
    return;
  }
  num_capped_units_ += capped;
  keep(unit);
}

/// Puts the kept units of the unit's buckets into gathered_, earliest first; true if
/// max_comparisons left some out.
bool Decider::gather_kept(uint32_t unit) {
  bool capped = false;
  gathered_.clear();
  for (uint64_t i = own_offsets_[unit]; i < own_offsets_[unit + 1]; ++i) {
    const uint32_t bucket = own_buckets_[i];
    const auto looked_at = std::min<size_t>(num_kept_[bucket], options_.max_comparisons);
    if (looked_at < num_kept_[bucket]) {
      capped_[bucket] = 1;
      capped = true;
    }
    const auto members = buckets_[bucket].first(looked_at);
    gathered_.insert(gathered_.end(), members.begin(), members.end());
  }
  std::sort(gathered_.begin(), gathered_.end());
  gathered_.erase(std::unique(gathered_.begin(), gathered_.end()), gathered_.end());
  return capped;
}

double Decider::similarity(uint32_t unit, uint32_t kept, ShingleSet& set) const {
  if (options_.verify != Verify::exact) {
    return signatures_.similarity(first_row_[unit], first_row_[kept]);
  }
  if (sets_[unit].empty() || sets_[kept].empty()) {
    throw std::logic_error("decide() before add_sets() of every row in candidates()");
  }
  return jaccard(set, sets_[kept]);
}

// A bucket's members come in the order of visits, so the front of it is free for the kept ones.
void Decider::keep(uint32_t unit) {
  for (uint64_t i = own_offsets_[unit]; i < own_offsets_[unit + 1]; ++i) {
    const uint32_t bucket = own_buckets_[i];
    buckets_[bucket][num_kept_[bucket]++] = unit;
  }
}

Dropped Decider::collect() const {
  struct Entry {
    int64_t row;
    uint32_t unit;
  };
  std::vector<Entry> entries;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const uint32_t unit = unit_of_[i];
    if (kept_for_[unit] != none || std::cmp_not_equal(rows_[i], first_row_[unit])) {
      entries.push_back({rows_[i], unit});
    }
  }
  std::sort(entries.begin(), entries.end(), [](auto& a, auto& b) { return a.row < b.row; });
  Dropped out;
  for (const auto& [row, unit] : entries) {
    const bool equal_set = kept_for_[unit] == none;
    out.row.push_back(row);
    out.kept.push_back(first_row_[equal_set ? unit : kept_for_[unit]]);
    out.similarity.push_back(similarity_[unit]);
    out.equal_set.push_back(equal_set);
  }
  return out;
}

void Decider::find_capped_buckets() {
  capped_buckets_.clear();
  for (size_t b = 0; b < buckets_.size(); ++b) {
    if (capped_[b] == 0) continue;
    const auto members = buckets_[b];
    capped_buckets_.push_back({buckets_.band[b], first_row_[members[0]],
                               static_cast<int64_t>(members.size()), num_kept_[b]});
  }
  std::sort(capped_buckets_.begin(), capped_buckets_.end(),
            [](const CappedBucket& a, const CappedBucket& b) {
              return std::tuple(-a.units, a.band, a.row) < std::tuple(-b.units, b.band, b.row);
            });
}

}  // namespace corpusmill::dedup
