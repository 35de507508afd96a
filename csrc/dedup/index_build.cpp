// index_build: keys of all bands in one walk, spread by range; then each range sorted, handed out.
#include "dedup/index_build.hpp"

#include <algorithm>
#include <bit>
#include <compare>
#include <cstring>

#include "core/parallel.hpp"
#include "core/partitions.hpp"
#include "dedup/bands.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t least_memory = 8 << 10;  // of a band: a few KiB at a time go to the scratch file
constexpr size_t chunk_rows = 1 << 13;    // of signatures that all bands read together

/// 12 bytes, in the order of (key, entry).
struct Record {
  uint32_t high;
  uint32_t low;
  uint32_t entry;

  Record() = default;
  Record(uint64_t key, uint32_t number)
      : high(static_cast<uint32_t>(key >> 32)), low(static_cast<uint32_t>(key)), entry(number) {}
  uint64_t key() const { return uint64_t{high} << 32 | low; }
  friend auto operator<=>(const Record&, const Record&) = default;
};

/// Sorts records of evenly spread keys: into ranges of a few each, then every range by itself.
class Sorter {
 public:
  /// By (key, entry); good until the next call.
  std::span<const Record> sorted(std::span<const Record> records) {
    if (records.empty()) return records;
    const auto [first, last] = std::minmax_element(records.begin(), records.end());
    const uint64_t low = first->key();
    const auto all_bits = static_cast<int>(std::bit_width(last->key() - low));
    const auto range_bits = static_cast<int>(std::bit_width(records.size() / range_size));
    const int bits = std::clamp(all_bits - range_bits, 0, 63);
    const auto range_of = [&](const Record& record) { return (record.key() - low) >> bits; };
    ends_.assign(range_of(*last) + 2, 0);
    for (const Record& record : records) ++ends_[range_of(record) + 1];
    for (size_t i = 1; i < ends_.size(); ++i) ends_[i] += ends_[i - 1];
    // What is a range's beginning now becomes its end as records come in.
    sorted_.resize(records.size());
    for (const Record& record : records) sorted_[ends_[range_of(record)]++] = record;
    auto begin = sorted_.begin();
    for (size_t range = 0; range + 1 < ends_.size(); ++range) {
      const auto end = sorted_.begin() + static_cast<std::ptrdiff_t>(ends_[range]);
      std::sort(begin, end);
      begin = end;
    }
    return sorted_;
  }

 private:
  static constexpr size_t range_size = 8;

  std::vector<size_t> ends_;
  std::vector<Record> sorted_;
};

/// One array of a table, handed out in pieces as it grows.
template <class T>
class Growing {
 public:
  Growing(uint64_t offset, const TableSink& sink) : offset_(offset), sink_(&sink) {}

  void push(T value) {
    held_.push_back(value);
    if (held_.size() == piece) flush();
  }
  void flush() {
    (*sink_)(offset_, std::as_bytes(std::span(held_)));
    offset_ += held_.size() * sizeof(T);
    held_.clear();
  }

 private:
  static constexpr size_t piece = 1 << 14;

  uint64_t offset_;
  const TableSink* sink_;
  std::vector<T> held_;
};

/// One band's table, from its records in order. A bucket's filter is handed out when a record of a
/// later bucket comes.
class TableWriter {
 public:
  TableWriter(TableShape shape, uint64_t offset, const TableSink& sink)
      : buckets_(shape.buckets()),
        filters_(offset, sink),
        starts_(offset + shape.starts_at(), sink),
        entries_(offset + shape.entries_at(), sink),
        tags_(offset + shape.tags_at(), sink) {
    starts_.push(0);
  }

  void add(const Record& record) {
    const Place place(record.key(), buckets_);
    close_before(place.bucket);
    filter_ |= place.bits;
    entries_.push(record.entry);
    tags_.push(place.tag);
    ++count_;
  }

  void finish() {
    close_before(buckets_);
    filters_.flush();
    starts_.flush();
    entries_.flush();
    tags_.flush();
  }

 private:
  void close_before(uint64_t bucket) {
    for (; bucket_ < bucket; ++bucket_) {
      filters_.push(filter_);
      starts_.push(count_);
      filter_ = 0;
    }
  }

  uint64_t buckets_;
  uint64_t bucket_ = 0;  // the one that is open
  uint64_t filter_ = 0;  // its own
  uint32_t count_ = 0;
  Growing<uint64_t> filters_;
  Growing<uint32_t> starts_;
  Growing<uint32_t> entries_;
  Growing<uint16_t> tags_;
};

}  // namespace

void build_tables(const Signatures& signatures, Bands bands, const Room& room, int threads,
                  const TableSink& sink, const ReadSignatures& read) {
  const TableShape shape{signatures.slots.size() / signatures.num_hashes};
  ScratchFile scratch(room.folder);
  std::vector<Partitions<Record>> records;
  records.reserve(bands.bands);
  const size_t memory = std::max(room.memory / bands.bands, least_memory);
  for (size_t band = 0; band < bands.bands; ++band) {
    records.emplace_back(shape.size, memory, scratch);
  }
  for (size_t begin = 0; begin < shape.size; begin += chunk_rows) {
    const size_t end = std::min<size_t>(shape.size, begin + chunk_rows);
    parallel_for(bands.bands, threads, [&](size_t band, size_t) {
      for (size_t row = begin; row < end; ++row) {
        const uint64_t key = bands.key(signatures[row], band);
        records[band].add(key, {key, static_cast<uint32_t>(row)});
      }
    });
    read(signatures.slots.subspan(begin * signatures.num_hashes,
                                  (end - begin) * signatures.num_hashes));
  }
  parallel_for(bands.bands, threads, [&](size_t band, size_t) {
    TableWriter table(shape, band * shape.bytes(), sink);
    Sorter sorter;
    for (size_t part = 0; part < records[band].count(); ++part) {
      const auto some = records[band].take(part);
      for (const Record& record : sorter.sorted(some)) table.add(record);
    }
    table.finish();
  });
}

std::vector<std::byte> build_tables(const Signatures& signatures, Bands bands, int threads) {
  std::vector<std::byte> tables(
      tables_bytes(signatures.slots.size() / signatures.num_hashes, bands));
  build_tables(signatures, bands, Room{}, threads,
               [&](uint64_t offset, std::span<const std::byte> bytes) {
                 if (!bytes.empty()) std::memcpy(&tables[offset], bytes.data(), bytes.size());
               });
  return tables;
}

}  // namespace corpusmill::dedup
