// index_build: collect keys, sort them by bucket, hand out.
#include "dedup/index_build.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/parallel.hpp"
#include "dedup/bands.hpp"

namespace corpusmill::dedup {

namespace {

constexpr uint64_t bytes_a_row = 28;    // 12 collected and 16 sorted
constexpr size_t chunk_rows = 1 << 15;  // of signatures that all parts of a pass read together

struct Record {
  uint64_t key;
  uint32_t entry;
  friend auto operator<=>(const Record&, const Record&) = default;
};

size_t num_rows(const Signatures& run) { return run.slots.size() / run.num_hashes; }

/// The buckets [first, end) of one band: what is worked on at a time.
class Part {
 public:
  Part(TableShape shape, Bands bands, size_t band, uint64_t first, uint64_t end)
      : shape_(shape), bands_(bands), band_(band), first_(first), end_(end) {}

  bool begins_a_band() const { return first_ == 0; }
  size_t size() const { return keys_.size(); }
  void expect(size_t rows) {
    keys_.reserve(rows);
    entries_.reserve(rows);
  }

  void collect(const Signatures& run, size_t begin, size_t end, uint32_t first_entry) {
    const bool whole = end_ - first_ == shape_.buckets();
    for (size_t row = begin; row < end; ++row) {
      const uint64_t key = bands_.key(run[row], band_);
      if (!whole) {
        const uint64_t bucket = Place(key, shape_.buckets()).bucket;
        if (bucket < first_ || bucket >= end_) continue;
      }
      keys_.push_back(key);
      entries_.push_back(first_entry + static_cast<uint32_t>(row));
    }
  }

  /// Sorts and hands out, then forgets; `before` entries of the band lie in earlier parts.
  void finish(uint64_t before, const TableSink& sink) {
    std::vector<uint32_t> starts;
    const std::vector<Record> records = sorted(starts);
    std::vector<uint32_t> entries(records.size());
    std::vector<uint16_t> tags(records.size());
    std::vector<uint64_t> filters(end_ - first_);
    for (size_t i = 0; i < records.size(); ++i) {
      const Place place(records[i].key, shape_.buckets());
      entries[i] = records[i].entry;
      tags[i] = place.tag;
      filters[place.bucket - first_] |= place.bits;
    }
    for (uint32_t& start : starts) start += static_cast<uint32_t>(before);
    if (end_ < shape_.buckets()) starts.pop_back();  // the next part's first
    const uint64_t table = band_ * shape_.bytes();
    sink(table + first_ * sizeof(uint64_t), std::as_bytes(std::span(filters)));
    sink(table + shape_.starts_at() + first_ * sizeof(uint32_t), std::as_bytes(std::span(starts)));
    sink(table + shape_.entries_at() + before * sizeof(uint32_t),
         std::as_bytes(std::span(entries)));
    sink(table + shape_.tags_at() + before * sizeof(uint16_t), std::as_bytes(std::span(tags)));
  }

 private:
  /// By key, then entry; starts gets where each bucket begins, and the end.
  std::vector<Record> sorted(std::vector<uint32_t>& starts) {
    starts.assign(end_ - first_ + 1, 0);
    const auto bucket_of = [&](uint64_t key) {
      return Place(key, shape_.buckets()).bucket - first_;
    };
    for (const uint64_t key : keys_) ++starts[bucket_of(key) + 1];
    for (size_t b = 1; b < starts.size(); ++b) starts[b] += starts[b - 1];
    std::vector<Record> records(keys_.size());
    // Each start moves up to the next bucket's as records come in; then all move back by one.
    for (size_t i = 0; i < keys_.size(); ++i) {
      records[starts[bucket_of(keys_[i])]++] = {keys_[i], entries_[i]};
    }
    std::copy_backward(starts.begin(), starts.end() - 1, starts.end());
    starts[0] = 0;
    std::vector<uint64_t>().swap(keys_);
    std::vector<uint32_t>().swap(entries_);
    for (size_t b = 0; b + 1 < starts.size(); ++b) {
      std::sort(records.begin() + starts[b], records.begin() + starts[b + 1]);
    }
    return records;
  }

  TableShape shape_;
  Bands bands_;
  size_t band_;
  uint64_t first_;
  uint64_t end_;
  std::vector<uint64_t> keys_;
  std::vector<uint32_t> entries_;
};

std::vector<Part> cut(TableShape shape, Bands bands, uint64_t memory) {
  const uint64_t need = shape.size * bytes_a_row;
  const uint64_t count =
      std::clamp<uint64_t>(need / std::max<uint64_t>(1, memory) + 1, 1, shape.buckets());
  std::vector<Part> parts;
  for (size_t band = 0; band < bands.bands; ++band) {
    for (uint64_t part = 0; part < count; ++part) {
      parts.emplace_back(shape, bands, band, shape.buckets() * part / count,
                         shape.buckets() * (part + 1) / count);
    }
  }
  return parts;
}

/// One walk over all signatures for these parts.
void collect(std::span<const Signatures> runs, std::span<Part> parts, int threads) {
  size_t first_entry = 0;
  for (const Signatures& run : runs) {
    for (size_t begin = 0; begin < num_rows(run); begin += chunk_rows) {
      const size_t end = std::min(num_rows(run), begin + chunk_rows);
      parallel_for(parts.size(), threads, [&](size_t part, size_t) {
        parts[part].collect(run, begin, end, static_cast<uint32_t>(first_entry));
      });
    }
    first_entry += num_rows(run);
  }
}

}  // namespace

void build_tables(std::span<const Signatures> runs, Bands bands, uint64_t memory, int threads,
                  const TableSink& sink) {
  TableShape shape{0};
  for (const Signatures& run : runs) shape.size += num_rows(run);
  std::vector<Part> parts = cut(shape, bands, memory);
  const uint64_t parts_a_band = parts.size() / std::max<size_t>(1, bands.bands);
  const uint64_t rows = shape.size / parts_a_band + 1;
  const auto at_once = std::clamp<uint64_t>(memory / (rows * bytes_a_row), 1, parts.size());
  uint64_t before = 0;
  for (size_t begin = 0; begin < parts.size(); begin += at_once) {
    const std::span<Part> pass(parts.data() + begin, std::min(at_once, parts.size() - begin));
    for (Part& part : pass) part.expect(rows);
    collect(runs, pass, threads);
    std::vector<uint64_t> befores;
    for (const Part& part : pass) {
      if (part.begins_a_band()) before = 0;
      befores.push_back(before);
      before += part.size();
    }
    parallel_for(pass.size(), threads, [&](size_t i, size_t) { pass[i].finish(befores[i], sink); });
  }
}

std::vector<std::byte> build_tables(std::span<const Signatures> runs, Bands bands, int threads) {
  uint64_t rows = 0;
  for (const Signatures& run : runs) rows += num_rows(run);
  std::vector<std::byte> tables(tables_bytes(rows, bands));
  build_tables(runs, bands, std::numeric_limits<uint64_t>::max(), threads,
               [&](uint64_t offset, std::span<const std::byte> bytes) {
                 if (!bytes.empty()) std::memcpy(&tables[offset], bytes.data(), bytes.size());
               });
  return tables;
}

}  // namespace corpusmill::dedup
