// index_table: one band's table, from a band key to the entries that have it, read in place from
// memory or from a mapped file. Knows no signatures; index_build makes tables.
//
// Entries lie in the order of (key, entry). A key's bucket is its place among `buckets` equal parts
// of [0, 2**64), its tag the next 16 bits; neither falls where keys rise, so a bucket is one run of
// the table, and in it a tag is one run again:
//
//   uint64 filters[buckets]      four bits of 64 for each key of the bucket
//   uint32 starts[buckets + 1]   where each bucket begins
//   uint32 entries[size]
//   uint16 tags[size]            then 16 zeros, and more up to a multiple of 64 bytes
//
// So "no such key" costs one cache miss, a filter's, in all but 3 % of the cases, and two more in
// those. Of 2**16 absent keys about 8 find their tag, whatever the size of the table.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace corpusmill::dedup {

struct TableShape {
  uint64_t size;  // entries, below 2**32 - 1

  static constexpr uint64_t bucket_size = 8;  // on average
  static constexpr size_t window = 16;        // tags that are compared at once
  constexpr uint64_t buckets() const { return size / bucket_size + 1; }
  constexpr uint64_t starts_at() const { return buckets() * sizeof(uint64_t); }
  constexpr uint64_t entries_at() const { return starts_at() + (buckets() + 1) * sizeof(uint32_t); }
  constexpr uint64_t tags_at() const { return entries_at() + size * sizeof(uint32_t); }
  constexpr uint64_t bytes() const {
    return (tags_at() + (size + window) * sizeof(uint16_t) + 63) / 64 * 64;
  }
};

/// Where a key lies.
struct Place {
  uint64_t bucket;
  uint16_t tag;
  uint64_t bits;  // of the bucket's filter

  static constexpr uint64_t bit(uint64_t number) { return uint64_t{1} << (number & 63); }

  Place(uint64_t key, uint64_t buckets) {
    const auto product = static_cast<unsigned __int128>(key) * buckets;
    bucket = static_cast<uint64_t>(product >> 64);
    const auto rest = static_cast<uint64_t>(product);
    tag = static_cast<uint16_t>(rest >> 48);
    bits = bit(rest >> 42) | bit(rest >> 36) | bit(rest >> 30) | bit(rest >> 24);
  }
};

/// Positions [begin, end) of a table.
struct Run {
  uint32_t begin;
  uint32_t end;
};

class BandTable {
 public:
  BandTable(const std::byte* table, TableShape shape)
      : shape_(shape),
        filters_(reinterpret_cast<const uint64_t*>(table)),
        starts_(reinterpret_cast<const uint32_t*>(table + shape.starts_at())),
        entries_(reinterpret_cast<const uint32_t*>(table + shape.entries_at())),
        tags_(reinterpret_cast<const uint16_t*>(table + shape.tags_at())) {}

  // Where what is read of a place or position lies.
  const void* filter_at(Place place) const { return &filters_[place.bucket]; }
  const void* start_at(Place place) const { return &starts_[place.bucket]; }
  const void* entry_at(uint32_t position) const { return &entries_[position]; }
  const void* tag_at(uint32_t position) const { return &tags_[position]; }

  Place place(uint64_t key) const { return {key, shape_.buckets()}; }
  uint32_t entry(uint32_t position) const { return entries_[position]; }

  void prefetch_filter(Place place) const { __builtin_prefetch(&filters_[place.bucket]); }

  /// False for a key that is not there; true for one that is, and for a few that are not.
  bool may_hold(Place place) const { return (filters_[place.bucket] & place.bits) == place.bits; }

  void prefetch_start(Place place) const { __builtin_prefetch(&starts_[place.bucket]); }

  void prefetch_tags(Place place) const {
    const Run all = bucket(place);
    __builtin_prefetch(&tags_[all.begin]);
    __builtin_prefetch(&tags_[all.end]);
  }

  void prefetch_entry(uint32_t position) const { __builtin_prefetch(&entries_[position]); }

  /// The entries of this tag; O(log bucket). Of the usual bucket all tags are compared at once,
  /// without a branch on their number.
  Run find(Place place) const {
    const Run all = bucket(place);
    const uint16_t* tags = tags_ + all.begin;
    uint16_t found = 0;
    for (size_t i = 0; i < TableShape::window; ++i) found |= tags[i] == place.tag;
    if (found == 0 && all.end - all.begin <= TableShape::window) return {all.begin, all.begin};
    const auto run = std::equal_range(tags, tags_ + all.end, place.tag);
    return {static_cast<uint32_t>(run.first - tags_), static_cast<uint32_t>(run.second - tags_)};
  }

 private:
  /// Within the table whatever the bytes are: a damaged file may give wrong answers, never a crash.
  Run bucket(Place place) const {
    const auto size = static_cast<uint32_t>(shape_.size);
    const uint32_t end = std::min(starts_[place.bucket + 1], size);
    return {std::min(starts_[place.bucket], end), end};
  }

  TableShape shape_;
  const uint64_t* filters_;
  const uint32_t* starts_;
  const uint32_t* entries_;
  const uint16_t* tags_;
};

}  // namespace corpusmill::dedup
