// bloom: sizing, and the wide loops over pieces of the filter.
#include "ngram/bloom.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/parallel.hpp"
#include "simd/loops.hpp"

namespace corpusmill::ngram {

namespace {

constexpr uint64_t piece_blocks = 1 << 16;  // a piece of work: 2 MiB
constexpr double kept_share = 31.0 / 32;    // of a word's bits, one hash leaves so many as they are

uint64_t num_pieces(uint64_t num_blocks) { return (num_blocks + piece_blocks - 1) / piece_blocks; }

std::span<const uint32_t> piece_of(std::span<const uint32_t> words, size_t piece) {
  const size_t begin = piece * piece_blocks * bloom_block_words;
  return words.subspan(begin, std::min(piece_blocks * bloom_block_words, words.size() - begin));
}

}  // namespace

// k hashes of a block, k being Poisson-distributed, leave a bit of a word unset with probability
// kept_share**k. The mean of (1 - kept_share**k)**8, expanded.
double bloom_rate(double hashes_per_block) {
  double rate = 0, choose = 1, power = 1;
  for (int j = 0; j <= 8; ++j) {
    rate += choose * std::exp(-hashes_per_block * (1 - power));
    choose *= -(8.0 - j) / (j + 1);
    power *= kept_share;
  }
  return rate;
}

uint64_t bloom_blocks(uint64_t items, double rate) {
  double low = 0, high = 1 << 20;  // hashes a block: enough, too many
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (bloom_rate(middle) <= rate ? low : high) = middle;
  }
  // Rounded, so that the last bit of some library's exp decides no filter's size.
  const double hashes = std::floor(low * (1 << 16)) / (1 << 16);
  const double blocks = std::ceil(static_cast<double>(items) / hashes);
  if (!(blocks <= static_cast<double>(most_bloom_blocks))) {
    throw std::length_error("a filter of more than 2**32 blocks");
  }
  return static_cast<uint64_t>(blocks);
}

Bloom::Bloom(uint64_t num_blocks)
    : num_blocks_(num_blocks),
      region_bits_(static_cast<int>(std::bit_width((num_blocks - 1) / num_regions))),
      own_(num_blocks * bloom_block_words) {}

Bloom::Bloom(std::shared_ptr<const MappedFile> file, size_t offset, uint64_t num_blocks)
    : num_blocks_(num_blocks),
      region_bits_(static_cast<int>(std::bit_width((num_blocks - 1) / num_regions))),
      file_(std::move(file)),
      offset_(offset) {}

std::span<const uint32_t> Bloom::words() const {
  if (!file_) return own_;
  return {reinterpret_cast<const uint32_t*>(file_->bytes().data() + offset_),
          num_blocks_ * bloom_block_words};
}

void Bloom::open() {
  if (!file_) return;
  const auto mapped = words();
  own_.assign(mapped.begin(), mapped.end());
  file_.reset();
}

void Bloom::add(size_t region, std::span<const uint64_t> hashes) {
  constexpr size_t most = 512;
  std::array<uint8_t, most> there;
  const std::scoped_lock lock(regions_[region]);
  while (!hashes.empty()) {
    const auto some = hashes.first(std::min(most, hashes.size()));
    insert(some, there.data());
    hashes = hashes.subspan(some.size());
  }
}

void Bloom::insert(std::span<const uint64_t> hashes, uint8_t* there) {
  simd::loops().bloom_insert(own_.data(), num_blocks_, hashes.data(), hashes.size(), there);
}

void Bloom::contains(std::span<const uint64_t> hashes, uint8_t* there) const {
  simd::loops().bloom_contains(words().data(), num_blocks_, hashes.data(), hashes.size(), there);
}

void Bloom::merge(const Bloom& other, int threads) {
  parallel_for(num_pieces(num_blocks_), threads, [&](size_t piece, size_t) {
    const auto from = piece_of(other.words(), piece);
    uint32_t* const to = own_.data() + piece * piece_blocks * bloom_block_words;
    for (size_t i = 0; i < from.size(); ++i) to[i] |= from[i];
  });
}

// Whole numbers as far as they go, so that the sum does not depend on its order.
Bloom::Load Bloom::load(int threads) const {
  const size_t pieces = num_pieces(num_blocks_);
  std::vector<uint64_t> products(pieces), bits(pieces);
  parallel_for(pieces, threads, [&](size_t piece, size_t) {
    const auto part = piece_of(words(), piece);
    products[piece] =
        simd::loops().bloom_load(part.data(), part.size() / bloom_block_words, &bits[piece]);
  });
  unsigned __int128 product = 0;
  uint64_t set = 0;
  for (size_t piece = 0; piece < pieces; ++piece) product += products[piece], set += bits[piece];
  const auto blocks = static_cast<double>(num_blocks_);
  const double unset = 1 - static_cast<double>(set) / (256 * blocks);
  return {static_cast<double>(product) / blocks / std::pow(2.0, 40),
          unset > 0 ? -blocks * std::log(unset) / (1 - kept_share)
                    : std::numeric_limits<double>::infinity()};
}

}  // namespace corpusmill::ngram
