// lsh: band keys, and the sort of those that are not alone.
#include "dedup/lsh.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "core/parallel.hpp"
#include "dedup/repeats.hpp"
#include "simd/loops.hpp"

namespace corpusmill::dedup {

namespace {

struct Entry {
  uint64_t key;
  uint32_t member;
  friend auto operator<=>(const Entry&, const Entry&) = default;
};

constexpr size_t block_rows = 1024;

/// All buckets with at least two members. Bucket i has members[offsets[i] .. offsets[i + 1]),
/// ascending; they index `rows`. Buckets of one band follow each other.
struct Buckets {
  std::vector<uint64_t> offsets{0};
  std::vector<uint32_t> members;
  std::vector<uint32_t> band;

  size_t size() const { return band.size(); }
  std::span<uint32_t> operator[](size_t bucket) {
    return {members.data() + offsets[bucket], offsets[bucket + 1] - offsets[bucket]};
  }
};

/// Band-major keys: keys[band * rows.size() + i] is that of rows[i].
std::vector<uint64_t> band_keys(const Signatures& signatures, std::span<const uint32_t> rows,
                                Bands bands, int threads) {
  std::vector<uint64_t> keys(bands.bands * rows.size());
  parallel_for((rows.size() + block_rows - 1) / block_rows, threads, [&](size_t block, size_t) {
    const size_t end = std::min(rows.size(), (block + 1) * block_rows);
    for (size_t i = block * block_rows; i < end; ++i) {
      const uint32_t* signature = signatures[rows[i]];
      for (size_t band = 0; band < bands.bands; ++band) {
        keys[band * rows.size() + i] = bands.key(signature, band);
      }
    }
  });
  return keys;
}

/// The entries whose key occurs more than once, and a few more, sorted by key, then member.
std::vector<Entry> shared_entries(std::span<const uint64_t> keys) {
  Repeats repeats(keys.size(), 16);
  for (const uint64_t key : keys) repeats.add(key);
  std::vector<Entry> entries;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (repeats.has(keys[i])) entries.push_back({keys[i], static_cast<uint32_t>(i)});
  }
  std::sort(entries.begin(), entries.end());
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

/// Members of a bucket agree on a 64-bit hash of the band. O(rows) a band, and a sort of the rows
/// that share a bucket; 8 bytes a row and band, and 8 a row and thread, besides the result.
Buckets find_buckets(const Signatures& signatures, std::span<const uint32_t> rows, Bands bands,
                     int threads) {
  if (bands.bands == 0) return {};
  std::vector<Buckets> of_band(bands.bands);
  const std::vector<uint64_t> keys = band_keys(signatures, rows, bands, threads);
  parallel_for(bands.bands, threads, [&](size_t band, size_t) {
    const std::span own(keys.data() + band * rows.size(), rows.size());
    append_buckets(shared_entries(own), static_cast<uint32_t>(band), of_band[band]);
  });
  Buckets all;
  for (Buckets& one : of_band) {
    const uint64_t start = all.members.size();
    all.members.insert(all.members.end(), one.members.begin(), one.members.end());
    all.band.insert(all.band.end(), one.band.begin(), one.band.end());
    for (size_t i = 1; i < one.offsets.size(); ++i) all.offsets.push_back(start + one.offsets[i]);
    one = {};
  }
  if (all.size() > 0xffffffffu) {
    throw std::invalid_argument(
        "more than 2**32 - 1 buckets; use fewer bands, or split the column");
  }
  return all;
}

struct Pair {
  uint32_t left;
  uint32_t right;
  double similarity;
  friend auto operator<=>(const Pair& a, const Pair& b) {
    return std::pair(a.left, a.right) <=> std::pair(b.left, b.right);
  }
};

/// The pairs of one bucket, appended.
void append_pairs(const Signatures& signatures, std::span<const uint32_t> members,
                  std::span<const uint32_t> rows, double threshold, size_t max_comparisons,
                  std::vector<Pair>& out) {
  for (size_t j = 1; j < members.size(); ++j) {
    for (size_t i = 0; i < std::min(j, max_comparisons); ++i) {
      const uint32_t left = rows[members[i]];
      const uint32_t right = rows[members[j]];
      const double similarity = signatures.similarity(left, right);
      if (similarity >= threshold) out.push_back({left, right, similarity});
    }
  }
}

}  // namespace

double Signatures::similarity(size_t left, size_t right) const {
  const size_t equal = simd::loops().count_equal((*this)[left], (*this)[right], num_hashes);
  return static_cast<double>(equal) / static_cast<double>(num_hashes);
}

std::vector<uint64_t> buckets(const Signatures& signatures, Bands bands, int threads) {
  const size_t rows = signatures.slots.size() / signatures.num_hashes;
  std::vector<uint64_t> out(rows * bands.bands);
  parallel_for((rows + block_rows - 1) / block_rows, threads, [&](size_t block, size_t) {
    const size_t end = std::min(rows, (block + 1) * block_rows);
    for (size_t row = block * block_rows; row < end; ++row) {
      for (size_t band = 0; band < bands.bands; ++band) {
        out[row * bands.bands + band] = bands.bucket(signatures[row], band);
      }
    }
  });
  return out;
}

Pairs find_pairs(const Signatures& signatures, std::span<const uint32_t> rows, Bands bands,
                 double threshold, size_t max_comparisons, int threads) {
  Buckets buckets = find_buckets(signatures, rows, bands, threads);
  std::vector<Pair> found;
  std::vector<Pair> of_band;
  std::vector<Pair> both;
  for (size_t b = 0; b < buckets.size(); ++b) {
    append_pairs(signatures, buckets[b], rows, threshold, max_comparisons, of_band);
    if (b + 1 < buckets.size() && buckets.band[b + 1] == buckets.band[b]) continue;
    // A band holds a pair once, but others hold it too: united band by band, memory stays small.
    std::sort(of_band.begin(), of_band.end());
    both.clear();
    std::set_union(found.begin(), found.end(), of_band.begin(), of_band.end(),
                   std::back_inserter(both), [](auto& x, auto& y) { return x < y; });
    std::swap(found, both);
    of_band.clear();
  }
  Pairs out;
  for (const Pair& pair : found) {
    out.left.push_back(pair.left);
    out.right.push_back(pair.right);
    out.similarity.push_back(pair.similarity);
  }
  return out;
}

}  // namespace corpusmill::dedup
