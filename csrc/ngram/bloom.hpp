// bloom: a split-block Bloom filter of 64-bit hashes, in memory or mapped. Definition 1, which is
// that of Apache Parquet's filters:
//
//   block   (hash >> 32) * num_blocks >> 32; of 256 bits, as 8 words of 32
//   bits    one of each word i: uint32(hash) * salt[i] mod 2**32 >> 27
//
// A hash is in the filter if its eight bits are set: always if it was inserted, else with the
// probability that load() measures. Knows no documents.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "core/files.hpp"
#include "core/pages.hpp"
#include "core/sides.hpp"

namespace corpusmill::ngram {

inline constexpr size_t bloom_block_words = 8;
inline constexpr uint64_t most_bloom_blocks = uint64_t{1} << 32;

/// The probability that a hash that is not among the inserted ones is found nevertheless, with so
/// many different hashes a block on average.
double bloom_rate(double hashes_per_block);

/// The least number of blocks of a filter with at most this rate after so many different hashes.
/// Needs items >= 1 and 0 < rate < 1; throws std::length_error above most_bloom_blocks.
uint64_t bloom_blocks(uint64_t items, double rate);

class Bloom {
 public:
  /// What the set bits tell: the probability that a random hash is found, and about how many
  /// different hashes were inserted (infinite if every bit is set).
  struct Load {
    double rate;
    double items;
  };

  explicit Bloom(uint64_t num_blocks);
  /// The blocks are those from this byte on of a mapped file; copied when first written to.
  Bloom(std::shared_ptr<const MappedFile> file, size_t offset, uint64_t num_blocks);

  uint64_t num_blocks() const { return num_blocks_; }
  uint64_t bytes() const { return num_blocks_ * bloom_block_words * sizeof(uint32_t); }
  std::span<const uint32_t> words() const;
  uint64_t block_of(uint64_t hash) const { return (hash >> 32) * num_blocks_ >> 32; }

  /// Which of num_regions ranges of blocks a hash belongs to. They have as many blocks, a power of
  /// two, but for the last ones.
  static constexpr size_t num_regions = 64;
  size_t region_of(uint64_t hash) const { return block_of(hash) >> region_bits_; }

  /// Makes the blocks writable, which those of a file are not.
  void open();
  /// Sets the bits of hashes of one region. Several threads may add at once.
  void add(size_t region, std::span<const uint64_t> hashes);
  /// Sets the bits of each hash in turn; there[i]: whether hash i was found before. Several threads
  /// may insert at once if no two meet in a block.
  void insert(std::span<const uint64_t> hashes, uint8_t* there);
  void contains(std::span<const uint64_t> hashes, uint8_t* there) const;
  /// Everything that is in the other, which has as many blocks, is in this one too.
  void merge(const Bloom& other, int threads);
  /// O(bytes).
  Load load(int threads) const;

  /// Callers hold it: looking for contains, load and words, adding for add, else alone.
  Sides& sides() const { return sides_; }

 private:
  uint64_t num_blocks_;
  int region_bits_;
  TableVector<uint32_t> own_;
  std::shared_ptr<const MappedFile> file_;
  size_t offset_ = 0;
  std::array<std::mutex, num_regions> regions_;
  mutable Sides sides_;
};

}  // namespace corpusmill::ngram
