// bloom_file: a filter on disk. Format 1, little-endian:
//
//   header   one page of 4096 bytes: BloomHeader, zeros, XXH3-128 of all before it in its last 16
//   blocks   8 uint32 a block, as in memory
//
// Knows what a filter was made with, and not what that means.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "core/files.hpp"
#include "core/hash.hpp"
#include "ngram/bloom.hpp"

namespace corpusmill::ngram {

struct BloomOptions {
  uint32_t n;
  uint32_t unit;     // of ItemUnit
  uint32_t stride;   // between the n-grams of a document that are inserted
  uint32_t squeeze;  // 1: of text with its white space squeezed (items.hpp)
  uint64_t items;    // it was sized for
  double rate;       // and the most false positives with them
};

struct BloomHeader {
  std::array<char, 8> magic;
  uint32_t format;
  uint32_t definition;  // of n-gram hashes, and of the filter
  uint64_t num_blocks;
  uint64_t added;  // items inserted, repeats included
  BloomOptions options;
  Hash128 checksum;  // XXH3-128 of the blocks
};
static_assert(sizeof(BloomHeader) == 32 + 32 + 16);

/// Writes a file that takes its name when it is whole and synced.
void save_bloom(const std::string& path, const Bloom& filter, const BloomOptions& options,
                uint64_t added);

struct OpenedBloom {
  std::unique_ptr<Bloom> filter;
  BloomHeader header;
};

/// The filter of a file, mapped. Checked in constant time: magic, versions, the header's checksum,
/// sizes; with verify, the blocks' checksum too. Throws std::invalid_argument naming the file, what
/// is wrong, and a way out; FileError if the system refuses.
OpenedBloom open_bloom(const std::string& path, bool verify);

}  // namespace corpusmill::ngram
