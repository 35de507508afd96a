// decide: texts, their buckets, units, and one visit to each.
#include "dedup/decide.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace corpusmill::dedup {

Decider::Decider(const Signatures& signatures, std::span<const Hash128> content_hashes,
                 std::span<const int64_t> order, const DecideOptions& options, int threads)
    : signatures_(signatures), options_(options), rows_(order.begin(), order.end()) {
  texts_ = group_equal(rows_.size(),
                       [&](size_t i) { return content_hashes[static_cast<size_t>(rows_[i])]; });
  for (const uint32_t i : texts_.first) first_row_.push_back(static_cast<uint32_t>(rows_[i]));
  buckets_ = find_buckets(signatures_, first_row_, options_.bands, threads);
  index_buckets();
  ask_for_sets();
}

void Decider::index_buckets() {
  const size_t texts = first_row_.size();
  own_offsets_.assign(texts + 1, 0);
  for (const uint32_t text : buckets_.members) ++own_offsets_[text + 1];
  for (size_t t = 0; t < texts; ++t) own_offsets_[t + 1] += own_offsets_[t];
  own_buckets_.resize(buckets_.members.size());
  std::vector<uint64_t> next(own_offsets_.begin(), own_offsets_.end() - 1);
  for (size_t b = 0; b < buckets_.size(); ++b) {
    for (const uint32_t text : buckets_[b]) own_buckets_[next[text]++] = static_cast<uint32_t>(b);
  }
}

void Decider::ask_for_sets() {
  std::vector<uint32_t> texts;
  if (options_.verify != Verify::exact) {
    texts = texts_of_equal_signature();
  } else {
    for (uint32_t text = 0; text < first_row_.size(); ++text) {
      if (has_bucket(text)) texts.push_back(text);
    }
  }
  std::sort(texts.begin(), texts.end(),
            [&](uint32_t a, uint32_t b) { return first_row_[a] < first_row_[b]; });
  set_of_.assign(first_row_.size(), none);
  std::vector<int64_t> rows;
  for (const uint32_t text : texts) {
    set_of_[text] = static_cast<uint32_t>(rows.size());
    rows.push_back(first_row_[text]);
  }
  sets_.ask(std::move(rows), options_.verify == Verify::exact);
}

std::vector<uint32_t> Decider::texts_of_equal_signature() const {
  const size_t bands = options_.bands.bands;
  std::vector<uint32_t> texts;  // equal signatures share all buckets
  for (uint32_t text = 0; text < first_row_.size(); ++text) {
    const bool shares_all = own_offsets_[text + 1] - own_offsets_[text] == bands;
    if (shares_all && has_bucket(text)) texts.push_back(text);
  }
  const Groups groups = group_equal(texts.size(), [&](size_t i) {
    const auto* slots = reinterpret_cast<const char*>(signatures_[first_row_[texts[i]]]);
    return xxh3_128({slots, signatures_.num_hashes * sizeof(uint32_t)});
  });
  std::vector<uint32_t> sizes(groups.first.size());
  for (const uint32_t group : groups.of) ++sizes[group];
  size_t kept = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (sizes[groups.of[i]] > 1) texts[kept++] = texts[i];
  }
  texts.resize(kept);
  return texts;
}

Dropped Decider::decide() {
  unite();
  const size_t texts = first_row_.size();
  kept_for_.assign(texts, none);
  similarity_.assign(texts, 1.0);
  num_kept_.assign(buckets_.size(), 0);
  capped_.assign(buckets_.size(), 0);
  ShingleSet set;
  for (uint32_t text = 0; text < texts; ++text) {
    if (unit_of_[text] == text && has_bucket(text)) visit(text, set);
  }
  find_capped_buckets();
  return collect();
}

void Decider::unite() {
  sets_.check_complete();
  unit_of_.resize(first_row_.size());
  std::iota(unit_of_.begin(), unit_of_.end(), 0);
  std::vector<uint32_t> texts;
  for (const uint32_t text : unit_of_) {
    if (set_of_[text] != none) texts.push_back(text);
  }
  const Groups units =
      group_equal(texts.size(), [&](size_t i) { return sets_.hash(set_of_[texts[i]]); });
  for (size_t i = 0; i < texts.size(); ++i) unit_of_[texts[i]] = texts[units.first[units.of[i]]];
}

void Decider::visit(uint32_t unit, ShingleSet& set) {
  const bool capped = gather_kept(unit);
  if (options_.verify == Verify::exact && !gathered_.empty()) {
    set.clear();
    set.insert(sets_.values(set_of_[unit]));
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
  return jaccard(set, sets_.values(set_of_[kept]));
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
    const uint32_t unit = unit_of_[texts_.of[i]];
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
  if (std::find(capped_.begin(), capped_.end(), 1) == capped_.end()) return;
  std::vector<int64_t> units(buckets_.size());
  for (uint32_t text = 0; text < first_row_.size(); ++text) {
    if (unit_of_[text] != text) continue;
    for (uint64_t i = own_offsets_[text]; i < own_offsets_[text + 1]; ++i) ++units[own_buckets_[i]];
  }
  for (size_t b = 0; b < buckets_.size(); ++b) {
    if (capped_[b] == 0) continue;
    capped_buckets_.push_back(
        {buckets_.band[b], first_row_[buckets_[b][0]], units[b], num_kept_[b]});
  }
  std::sort(capped_buckets_.begin(), capped_buckets_.end(),
            [](const CappedBucket& a, const CappedBucket& b) {
              return std::tuple(-a.units, a.band, a.row) < std::tuple(-b.units, b.band, b.row);
            });
}

}  // namespace corpusmill::dedup
