// lsh: band keys, grouped by a radix partition and small sorts.
#include "dedup/lsh.hpp"

#include <algorithm>
#include <bit>

#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "simd/loops.hpp"

namespace corpusmill::dedup {

namespace {

struct Entry {
  uint64_t key;
  uint32_t member;
  friend auto operator<=>(const Entry&, const Entry&) = default;
};

constexpr size_t partition_size = 256;  // entries a small sort gets on average

uint64_t band_key(const uint32_t* slots, size_t rows, size_t band) {
  return xxh3_64({reinterpret_cast<const char*>(slots + band * rows), rows * sizeof *slots}, band);
}

/// The entries of one band, sorted by key, then member.
std::vector<Entry> sorted_entries(const Signatures& signatures, std::span<const uint32_t> rows,
                                  Bands bands, size_t band) {
  const auto bits = static_cast<int>(std::bit_width(rows.size() / partition_size));
  const auto part_of = [bits](uint64_t key) { return bits == 0 ? 0 : key >> (64 - bits); };
  std::vector<uint64_t> keys(rows.size());
  std::vector<size_t> ends((size_t{1} << bits) + 1);
  for (size_t i = 0; i < rows.size(); ++i) {
    keys[i] = band_key(signatures[rows[i]], bands.rows, band);
    ++ends[part_of(keys[i]) + 1];
  }
  for (size_t part = 1; part < ends.size(); ++part) ends[part] += ends[part - 1];
  std::vector<Entry> entries(rows.size());
  std::vector<size_t> next(ends.begin(), ends.end() - 1);
  for (size_t i = 0; i < rows.size(); ++i) {
    entries[next[part_of(keys[i])]++] = {keys[i], static_cast<uint32_t>(i)};
  }
  for (size_t part = 0; part + 1 < ends.size(); ++part) {
    const auto begin = entries.begin();
    std::sort(begin + static_cast<std::ptrdiff_t>(ends[part]),
              begin + static_cast<std::ptrdiff_t>(ends[part + 1]));
  }
  return entries;
}

void append_buckets(const std::vector<Entry>& entries, uint32_t band, Buckets& out) {
  for (size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
    while (end < entries.size() && entries[end].key == entries[begin].key) ++end;
    if (end - begin < 2) continue;
    for (size_t i = begin; i < end; ++i) out.members.push_back(entries[i].member);
    out.offsets.push_back(out.members.size());
    out.band.push_back(band);
  }
}

}  // namespace

double Signatures::similarity(size_t left, size_t right) const {
  const size_t equal = simd::loops().count_equal((*this)[left], (*this)[right], num_hashes);
  return static_cast<double>(equal) / static_cast<double>(num_hashes);
}

Buckets find_buckets(const Signatures& signatures, std::span<const uint32_t> rows, Bands bands,
                     int threads) {
  std::vector<Buckets> of_band(bands.bands);
  parallel_for(bands.bands, threads, [&](size_t band, size_t) {
    append_buckets(sorted_entries(signatures, rows, bands, band), static_cast<uint32_t>(band),
                   of_band[band]);
  });
  Buckets all;
  for (Buckets& one : of_band) {
    const uint64_t start = all.members.size();
    all.members.insert(all.members.end(), one.members.begin(), one.members.end());
    all.band.insert(all.band.end(), one.band.begin(), one.band.end());
    for (size_t i = 1; i < one.offsets.size(); ++i) all.offsets.push_back(start + one.offsets[i]);
    one = {};
  }
  return all;
}

Pairs find_pairs(const Signatures& signatures, std::span<const uint32_t> rows, Bands bands,
                 double threshold, size_t max_comparisons, int threads) {
  Buckets buckets = find_buckets(signatures, rows, bands, threads);
  std::vector<std::pair<uint32_t, uint32_t>> found;
  for (size_t b = 0; b < buckets.size(); ++b) {
    const auto members = buckets[b];
    for (size_t j = 1; j < members.size(); ++j) {
      for (size_t i = 0; i < std::min(j, max_comparisons); ++i) {
        const uint32_t left = rows[members[i]];
        const uint32_t right = rows[members[j]];
        if (signatures.similarity(left, right) >= threshold) found.emplace_back(left, right);
      }
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  Pairs out;
  for (const auto& [left, right] : found) {
    out.left.push_back(left);
    out.right.push_back(right);
    out.similarity.push_back(signatures.similarity(left, right));
  }
  return out;
}

}  // namespace corpusmill::dedup
