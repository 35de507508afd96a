// shingles: hashes of units and of their windows.
#include "ngram/shingles.hpp"

#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "simd/loops.hpp"

namespace corpusmill::ngram {

namespace {

constexpr uint64_t raw_seed = 0xa0761d6478bd642fu;
constexpr size_t piece = 4096;  // units hashed at once: two such buffers stay in the L2 cache

}  // namespace

Shingler::Shingler(const ShingleOptions& options)
    : options_(options), units_(std::max(piece, 4 * options.n)), hashes_(units_.size()) {}

std::span<const uint64_t> Shingler::windows(size_t n) {
  simd::loops().windows(units_.data(), used_, n, hashes_.data());
  return {hashes_.data(), used_ - n + 1};
}

std::span<const uint64_t> Shingler::raw_bytes(std::string_view document) {
  hashes_[0] = xxh3_64(document, raw_seed);
  return {hashes_.data(), 1};
}

Lists hashes(const Column& docs, const ShingleOptions& options, int threads) {
  const auto blocks = docs.blocks(64);
  std::vector<Shingler> shinglers(num_workers(blocks.size(), threads), Shingler(options));
  std::vector<std::vector<uint64_t>> values(blocks.size());
  Lists out{std::vector<int64_t>(docs.size() + 1), {}};
  parallel_for(blocks.size(), threads, [&](size_t b, size_t w) {
    const Column::Block& block = blocks[b];
    for (size_t i = block.begin; i < block.end; ++i) {
      const size_t before = values[b].size();
      if (!block.strings->is_null(i)) {
        shinglers[w]((*block.strings)[i], [&](auto shingles) {
          values[b].insert(values[b].end(), shingles.begin(), shingles.end());
        });
      }
      out.offsets[block.first + i - block.begin + 1] =
          static_cast<int64_t>(values[b].size() - before);
    }
  });
  for (size_t row = 0; row < docs.size(); ++row) out.offsets[row + 1] += out.offsets[row];
  out.values.reserve(static_cast<size_t>(out.offsets.back()));
  for (auto& part : values) {
    out.values.insert(out.values.end(), part.begin(), part.end());
    part = {};
  }
  return out;
}

}  // namespace corpusmill::ngram
