// index_lookup: a block of documents' band keys through the tables of an index; what comes out are
// the tags found. Compares no signatures.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "dedup/bands.hpp"
#include "dedup/footprint.hpp"
#include "dedup/index_table.hpp"
#include "dedup/lsh.hpp"
#include "dedup/signature.hpp"

namespace corpusmill::dedup {

inline size_t num_signatures(const Signatures& signatures) {
  return signatures.slots.size() / signatures.num_hashes;
}

/// Consecutive entries of an index, with a table per band.
struct OpenSegment {
  Signatures signatures;
  size_t first_entry;
  std::vector<BandTable> tables;
};

/// A document's tag that was found; its run may hold other keys too.
struct Hit {
  uint64_t key;
  size_t row;
  uint32_t band;
  uint32_t segment;
  Run run;
};

/// One thread's look-ups, and their scratch.
class IndexLookups {
 public:
  IndexLookups(std::span<const OpenSegment> segments, const Signatures& docs, Bands bands)
      : segments_(segments), docs_(docs), bands_(bands) {}

  /// The hits of documents [begin, end), by row, band and segment; good until the next call.
  std::span<const Hit> run(size_t begin, size_t end, Footprint& footprint) {
    hash(begin, end);
    hits_.clear();
    for (uint32_t band = 0; band < bands_.bands; ++band) look_up(band, footprint);
    std::sort(hits_.begin(), hits_.end(), [](const Hit& a, const Hit& b) {
      return std::tie(a.row, a.band, a.segment) < std::tie(b.row, b.band, b.segment);
    });
    return hits_;
  }

 private:
  static constexpr size_t ahead = 24;  // look-ups between asking for memory and reading it
  static constexpr int most_part_bits = 12;
  // Between bands: the keys of a document would otherwise lie a power of two apart, and take each
  // other's place in a cache.
  static constexpr size_t padding = 72;

  struct Lookup {
    uint64_t key;
    uint32_t doc;  // its place in rows_
  };

  /// Rows that can match, and their keys, band-major.
  void hash(size_t begin, size_t end) {
    rows_.clear();
    for (size_t row = begin; row < end; ++row) {
      if (!is_open(docs_[row])) rows_.push_back(row);
    }
    keys_.resize(bands_.bands * stride());
    for (size_t i = 0; i < rows_.size(); ++i) {
      for (size_t band = 0; band < bands_.bands; ++band) {
        keys_[band * stride() + i] = bands_.key(docs_[rows_[i]], band);
      }
    }
  }

  size_t stride() const { return rows_.size() + padding; }

  /// Looks the band's keys up roughly in their order, so that lookups which follow each other fall
  /// on neighbouring pages.
  void look_up(uint32_t band, Footprint& footprint) {
    sort_roughly(std::span(keys_.data() + band * stride(), rows_.size()));
    for (uint32_t segment = 0; segment < segments_.size(); ++segment) {
      filter(segments_[segment].tables[band], footprint);
      find(segment, band, footprint);
    }
  }

  /// sorted_ to left_: the keys that the table may hold. Each asks for its filter `ahead` lookups
  /// before it is read, so none waits for memory.
  void filter(const BandTable& table, Footprint& footprint) {
    left_.resize(sorted_.size());
    size_t count = 0;
    for (size_t i = 0; i < sorted_.size() + ahead; ++i) {
      if (i < sorted_.size()) table.prefetch_filter(table.place(sorted_[i].key));
      if (i < ahead) continue;
      const Lookup& lookup = sorted_[i - ahead];
      left_[count] = lookup;
      const Place place = table.place(lookup.key);
      footprint.touch(table.filter_at(place));
      count += table.may_hold(place);
    }
    left_.resize(count);
  }

  /// left_ to hits: each asks for its bucket's start, then for its tags, then reads them.
  void find(uint32_t segment, uint32_t band, Footprint& footprint) {
    const BandTable& table = segments_[segment].tables[band];
    const auto place = [&](size_t i) { return table.place(left_[i].key); };
    for (size_t i = 0; i < left_.size() + 2 * ahead; ++i) {
      if (i < left_.size()) {
        footprint.touch(table.start_at(place(i)));
        table.prefetch_start(place(i));
      }
      if (i >= ahead && i - ahead < left_.size()) table.prefetch_tags(place(i - ahead));
      if (i < 2 * ahead) continue;
      const size_t at = i - 2 * ahead;
      const Run run = table.find(place(at));
      footprint.touch(table.tag_at(run.begin));
      if (run.begin == run.end) continue;
      footprint.touch(table.entry_at(run.begin));
      table.prefetch_entry(run.begin);
      hits_.push_back({left_[at].key, rows_[left_[at].doc], band, segment, run});
    }
  }

  /// keys to sorted_, by their first bits: one counting pass, one scattering pass.
  void sort_roughly(std::span<const uint64_t> keys) {
    const int bits = std::min(most_part_bits, static_cast<int>(std::bit_width(keys.size())));
    const auto part_of = [&](uint64_t key) { return key >> (64 - bits); };
    part_starts_.assign((size_t{1} << bits) + 1, 0);
    for (const uint64_t key : keys) ++part_starts_[part_of(key) + 1];
    for (size_t i = 1; i < part_starts_.size(); ++i) part_starts_[i] += part_starts_[i - 1];
    sorted_.resize(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      sorted_[part_starts_[part_of(keys[i])]++] = {keys[i], static_cast<uint32_t>(i)};
    }
  }

  bool is_open(const uint32_t* signature) const {
    return std::all_of(signature, signature + docs_.num_hashes,
                       [](uint32_t slot) { return slot == open_slot; });
  }

  std::span<const OpenSegment> segments_;
  Signatures docs_;
  Bands bands_;
  std::vector<size_t> rows_;
  std::vector<uint64_t> keys_;
  std::vector<Lookup> sorted_;
  std::vector<Lookup> left_;
  std::vector<uint32_t> part_starts_;
  std::vector<Hit> hits_;
};

}  // namespace corpusmill::dedup
