// bloom: the loops over a split-block Bloom filter, whose definition ngram/bloom.hpp gives, for the
// level being compiled. Included by loops.cpp alone; everything has internal linkage.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

constexpr size_t bloom_words = 8;   // of 32 bits, a block
constexpr size_t bloom_ahead = 16;  // hashes between asking for a block and reading it

inline uint64_t bloom_block(uint64_t hash, uint64_t num_blocks) {
  return (hash >> 32) * num_blocks >> 32;  // num_blocks is at most 2**32
}

inline void bloom_mask(uint64_t hash, uint32_t* mask) {
  constexpr uint32_t salts[bloom_words] = {0x47b6137bu, 0x44974d91u, 0x8824ad5bu, 0xa2b7289du,
                                           0x705495c7u, 0x2df1424bu, 0x9efc4947u, 0x5c6bfb31u};
  for (size_t i = 0; i < bloom_words; ++i) {
    mask[i] = uint32_t{1} << (static_cast<uint32_t>(hash) * salts[i] >> 27);
  }
}

template <bool write>
void bloom_each(uint32_t* words, uint64_t num_blocks, const uint64_t* hashes, size_t count,
                uint8_t* there) {
  for (size_t i = 0; i < count; ++i) {
    const uint64_t next = hashes[i + bloom_ahead < count ? i + bloom_ahead : count - 1];
    __builtin_prefetch(words + bloom_words * bloom_block(next, num_blocks), write);
    uint32_t* const block = words + bloom_words * bloom_block(hashes[i], num_blocks);
    uint32_t mask[bloom_words];
    bloom_mask(hashes[i], mask);
    uint32_t missing = 0;
    for (size_t j = 0; j < bloom_words; ++j) missing |= mask[j] & ~block[j];
    there[i] = missing == 0;
    if constexpr (write) {
      for (size_t j = 0; j < bloom_words; ++j) block[j] |= mask[j];
    }
  }
}

void bloom_insert(uint32_t* words, uint64_t num_blocks, const uint64_t* hashes, size_t count,
                  uint8_t* there) {
  bloom_each<true>(words, num_blocks, hashes, count, there);
}

void bloom_contains(const uint32_t* words, uint64_t num_blocks, const uint64_t* hashes,
                    size_t count, uint8_t* there) {
  bloom_each<false>(const_cast<uint32_t*>(words), num_blocks, hashes, count, there);
}

uint64_t bloom_load(const uint32_t* words, size_t num_blocks, uint64_t* bits) {
  uint64_t sum = 0;
  for (size_t b = 0; b < num_blocks; ++b) {
    uint64_t product = 1;
    for (size_t j = 0; j < bloom_words; ++j) {
      const auto set = static_cast<uint64_t>(__builtin_popcount(words[bloom_words * b + j]));
      product *= set;
      *bits += set;
    }
    sum += product;
  }
  return sum;
}

}  // namespace
