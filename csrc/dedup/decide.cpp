// decide: texts, their buckets, units, and one visit to each.
#include "dedup/decide.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include "core/parallel.hpp"
#include "dedup/groups.hpp"

namespace corpusmill::dedup {

Decider::Decider(Order order, const DecideOptions& options, const Room& room, int threads)
    : order_(std::move(order)),
      options_(options),
      memory_(room.memory),
      threads_(resolve_threads(threads)),
      added_(room.folder),
      found_(room.folder),
      contents_(static_cast<size_t>(threads_), order_.size(), memory_ / 4, added_),
      memberships_(order_.size(), options_.bands, memory_ / 2, added_, found_,
                   static_cast<size_t>(threads_)),
      evidence_(std::make_unique<Evidence>(0, 0, options_.verify, 0, found_)) {}

void Decider::add_rows(std::span<const Rows> blocks) {
  std::vector<size_t> first_rows;
  for (const Rows& rows : blocks) {
    first_rows.push_back(next_row_);
    next_row_ += rows.hashes.size();
  }
  parallel_for(blocks.size(), threads_, [&](size_t block, size_t worker) {
    add_block(blocks[block], first_rows[block], worker);
  });
}

void Decider::add_block(const Rows& rows, size_t first_row, size_t adder) {
  const Bands& bands = options_.bands;
  std::vector<uint64_t> own(bands.bands);
  for (size_t i = 0; i < rows.hashes.size(); ++i) {
    const uint32_t rank = order_.rank(first_row + i);
    if (rank == Order::none) continue;
    const Hash128& hash = rows.hashes[i];
    contents_.of(adder).add(hash.high, {hash, rank});
    std::span<const uint64_t> buckets = own;
    if (rows.slots.empty()) {
      buckets = rows.buckets.subspan(i * bands.bands, bands.bands);
    } else {
      const uint32_t* signature = rows.slots.data() + i * options_.num_hashes;
      for (size_t band = 0; band < bands.bands; ++band) own[band] = bands.bucket(signature, band);
    }
    memberships_.add(rank, buckets, adder);
  }
}

std::vector<int64_t> Decider::find_candidates() {
  if (next_row_ != order_.num_rows()) {
    throw std::logic_error("rows " + std::to_string(next_row_) + " and on were never added");
  }
  find_texts();
  const auto is_text = [&](uint32_t rank) { return stands_for_[rank] == rank; };
  buckets_ = memberships_.find(is_text, options_.max_comparisons, threads_);
  added_.clear();
  texts_ = memberships_.documents();
  evidence_ = std::make_unique<Evidence>(texts_.size(), options_.num_hashes, options_.verify,
                                         memory_ / 4 * 3, found_);
  return candidates();
}

void Decider::find_texts() {
  stands_for_.resize(order_.size());
  std::iota(stands_for_.begin(), stands_for_.end(), 0);
  struct Tools {
    std::vector<PageVector<Content>> taken;
    PageVector<Content> rows;
  };
  std::vector<Tools> tools(num_workers(contents_.count(), threads_));
  parallel_for(contents_.count(), threads_, [&](size_t part, size_t worker) {
    auto& [taken, rows] = tools[worker];
    contents_.take(part, taken);
    rows.clear();
    for (const auto& some : taken) rows.insert(rows.end(), some.begin(), some.end());
    const Groups texts = group_equal(rows.size(), [&](size_t i) { return rows[i].hash; });
    std::vector<uint32_t> first(texts.first.size(), Order::none);
    for (size_t i = 0; i < rows.size(); ++i) {
      first[texts.of[i]] = std::min(first[texts.of[i]], rows[i].rank);
    }
    for (size_t i = 0; i < rows.size(); ++i) stands_for_[rows[i].rank] = first[texts.of[i]];
  });
}

void Decider::add_signatures(std::span<const int64_t> rows, std::span<const int64_t> picks,
                             std::span<const uint32_t> slots) {
  evidence_->add_signatures(places_of(rows), picks, slots);
}

std::vector<int64_t> Decider::rows_to_verify() const {
  return options_.verify == Verify::exact ? candidates() : std::vector<int64_t>{};
}

void Decider::add_sets(std::span<const int64_t> rows, std::span<const int64_t> picks,
                       const Column& docs, const ngram::ShingleOptions& options, int threads) {
  evidence_->add_sets(places_of(rows), picks, docs, options, threads);
}

Dropped Decider::decide() {
  if (stands_for_.size() != order_.size()) throw std::logic_error("find_candidates comes first");
  check_evidence();
  unite();
  kept_.resize(buckets_.fronts.back());
  num_kept_.assign(buckets_.size(), 0);
  num_units_.assign(buckets_.size(), 0);
  capped_.assign(buckets_.size(), 0);
  drop_of_.assign(order_.size(), 0);
  for (size_t part = 0; part < memberships_.num_parts(); ++part) {
    const PageVector<Membership> all = memberships_.take(part);
    for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
      while (end < all.size() && all[end].document == all[begin].document) ++end;
      const uint32_t text = all[begin].document;
      if (stands_for_[text] == text) visit(text, std::span(all).subspan(begin, end - begin));
    }
  }
  find_capped_buckets();
  return collect();
}

size_t Decider::place_of(uint32_t rank) const {
  const auto place = std::lower_bound(texts_.begin(), texts_.end(), rank);
  if (place == texts_.end() || *place != rank) {
    throw std::invalid_argument("row " + std::to_string(order_.row(rank)) +
                                " is not among the candidates");
  }
  return static_cast<size_t>(place - texts_.begin());
}

std::vector<uint32_t> Decider::places_of(std::span<const int64_t> rows) const {
  std::vector<uint32_t> places;
  places.reserve(rows.size());
  for (const int64_t row : rows) {
    places.push_back(static_cast<uint32_t>(place_of(order_.rank(static_cast<size_t>(row)))));
  }
  return places;
}

std::vector<int64_t> Decider::candidates() const {
  std::vector<int64_t> rows;
  rows.reserve(texts_.size());
  for (const uint32_t text : texts_) rows.push_back(order_.row(text));
  if (!order_.as_they_come()) std::sort(rows.begin(), rows.end());
  return rows;
}

void Decider::check_evidence() const {
  for (size_t place = 0; place < texts_.size(); ++place) {
    if (evidence_->has_list(place)) continue;
    const char* const what = options_.verify == Verify::exact ? "shingle set" : "signature";
    throw std::logic_error(std::string("the ") + what + " of row " +
                           std::to_string(order_.row(texts_[place])) + " was never added");
  }
}

// From here on a text of a unit stands for the unit's first.
void Decider::unite() {
  if (options_.verify != Verify::exact) return;
  const Groups units =
      group_equal(texts_.size(), [&](size_t place) { return evidence_->set_hash(place); });
  for (size_t place = 0; place < texts_.size(); ++place) {
    stands_for_[texts_[place]] = texts_[units.first[units.of[place]]];
  }
}

void Decider::visit(uint32_t unit, std::span<const Membership> memberships) {
  const bool capped = gather_kept(memberships);
  if (!gathered_.empty()) evidence_->choose(place_of(unit));
  for (const uint32_t kept : gathered_) {
    const double similarity = evidence_->similarity(place_of(kept));
    if (similarity < options_.threshold && options_.verify != Verify::none) continue;
    drops_.push_back({kept, similarity});
    drop_of_[unit] = static_cast<uint32_t>(drops_.size());
    return;
  }
  num_capped_units_ += capped;
  for (const auto& [text, bucket] : memberships) {
    const uint64_t at = buckets_.fronts[bucket] + num_kept_[bucket]++;
    if (at < buckets_.fronts[bucket + 1]) kept_[at] = unit;
  }
}

/// Puts the kept units of a unit's buckets into gathered_, earliest first; true if max_comparisons
/// left some out.
bool Decider::gather_kept(std::span<const Membership> memberships) {
  bool capped = false;
  gathered_.clear();
  for (const auto& [text, bucket] : memberships) {
    ++num_units_[bucket];
    const auto looked_at = std::min<size_t>(num_kept_[bucket], options_.max_comparisons);
    if (looked_at < num_kept_[bucket]) {
      capped_[bucket] = 1;
      capped = true;
    }
    const auto front = kept_.begin() + static_cast<std::ptrdiff_t>(buckets_.fronts[bucket]);
    gathered_.insert(gathered_.end(), front, front + static_cast<std::ptrdiff_t>(looked_at));
  }
  std::sort(gathered_.begin(), gathered_.end());
  gathered_.erase(std::unique(gathered_.begin(), gathered_.end()), gathered_.end());
  return capped;
}

Dropped Decider::collect() const {
  struct Entry {
    int64_t row;
    uint32_t unit;
  };
  std::vector<Entry> entries;
  for (uint32_t rank = 0; rank < order_.size(); ++rank) {
    const uint32_t unit = stands_for_[stands_for_[rank]];
    if (drop_of_[unit] != 0 || rank != unit) entries.push_back({order_.row(rank), unit});
  }
  if (!order_.as_they_come()) {
    std::sort(entries.begin(), entries.end(), [](auto& a, auto& b) { return a.row < b.row; });
  }
  Dropped out;
  for (const auto& [row, unit] : entries) {
    const uint32_t drop = drop_of_[unit];
    const Drop why = drop == 0 ? Drop{unit, 1.0} : drops_[drop - 1];
    out.row.push_back(row);
    out.kept.push_back(order_.row(why.kept));
    out.similarity.push_back(why.similarity);
    out.same_unit.push_back(drop == 0);
  }
  return out;
}

void Decider::find_capped_buckets() {
  for (size_t b = 0; b < buckets_.size(); ++b) {
    if (capped_[b] == 0) continue;
    capped_buckets_.push_back(
        {buckets_.band[b], order_.row(kept_[buckets_.fronts[b]]), num_units_[b], num_kept_[b]});
  }
  std::sort(capped_buckets_.begin(), capped_buckets_.end(),
            [](const CappedBucket& a, const CappedBucket& b) {
              return std::tuple(-a.units, a.band, a.row) < std::tuple(-b.units, b.band, b.row);
            });
}

}  // namespace corpusmill::dedup
