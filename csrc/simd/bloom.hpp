// bloom: the loops over a split-block Bloom filter, whose definition ngram/bloom.hpp gives, for the
// level being compiled. Included by loops.cpp alone; everything has internal linkage.
#pragma once
#include <cstddef>
#include <cstdint>
#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace {

constexpr size_t bloom_words = 8;   // of 32 bits, a block
constexpr size_t bloom_ahead = 64;  // hashes between asking for a block and reading it

inline uint64_t bloom_block(uint64_t hash, uint64_t num_blocks) {
  return (hash >> 32) * num_blocks >> 32;  // num_blocks is at most 2**32
}

constexpr uint32_t bloom_salts[bloom_words] = {0x47b6137bu, 0x44974d91u, 0x8824ad5bu, 0xa2b7289du,
                                               0x705495c7u, 0x2df1424bu, 0x9efc4947u, 0x5c6bfb31u};

// Whether all bits of the hash are set in the block, which they are afterwards if they are to be.
#ifdef __AVX2__

template <bool write>
bool bloom_one(uint32_t* block, uint64_t hash) {
  auto* const at = reinterpret_cast<__m256i*>(block);
  const __m256i salts = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bloom_salts));
  const __m256i key = _mm256_set1_epi32(static_cast<int>(hash));
  const __m256i places = _mm256_srli_epi32(_mm256_mullo_epi32(key, salts), 27);
  const __m256i mask = _mm256_sllv_epi32(_mm256_set1_epi32(1), places);
  const __m256i set = _mm256_loadu_si256(at);
  if constexpr (write) _mm256_storeu_si256(at, _mm256_or_si256(set, mask));
  return _mm256_testc_si256(set, mask) != 0;
}

#else

template <bool write>
bool bloom_one(uint32_t* block, uint64_t hash) {
  uint32_t mask[bloom_words];
  for (size_t i = 0; i < bloom_words; ++i) {
    mask[i] = uint32_t{1} << (static_cast<uint32_t>(hash) * bloom_salts[i] >> 27);
  }
  uint32_t missing = 0;
  for (size_t i = 0; i < bloom_words; ++i) missing |= mask[i] & ~block[i];
  if constexpr (write) {
    for (size_t i = 0; i < bloom_words; ++i) block[i] |= mask[i];
  }
  return missing == 0;
}

#endif

template <bool write>
void bloom_each(uint32_t* words, uint64_t num_blocks, const uint64_t* hashes, size_t count,
                uint8_t* there) {
  for (size_t i = 0; i < count; ++i) {
    const uint64_t next = hashes[i + bloom_ahead < count ? i + bloom_ahead : count - 1];
    __builtin_prefetch(words + bloom_words * bloom_block(next, num_blocks), write);
    there[i] =
        bloom_one<write>(words + bloom_words * bloom_block(hashes[i], num_blocks), hashes[i]);
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
