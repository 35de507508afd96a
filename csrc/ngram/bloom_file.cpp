// bloom_file: what is written where, and what is refused.
#include "ngram/bloom_file.hpp"

#include <cstddef>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string_view>

#include "simd/hash.hpp"

namespace corpusmill::ngram {

namespace {

constexpr std::array<char, 8> magic = {'C', 'M', 'B', 'L', 'O', 'O', 'M', '\n'};
constexpr uint32_t format = 1;
constexpr uint32_t definition = 1;
constexpr size_t page = 4096;
constexpr size_t checksum_at = page - sizeof(Hash128);

Hash128 checksum(std::span<const std::byte> bytes) {
  return xxh3_128({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::invalid_argument(path + ": " + why);
}

BloomHeader checked_header(const std::string& path, std::span<const std::byte> file) {
  BloomHeader header{};
  std::memcpy(&header, file.data(), std::min(sizeof header, file.size()));
  if (header.magic != magic) {
    refuse(path,
           "not a filter of corpusmill; BloomFilter.save and `corpusmill membership IN --build "
           "FILTER` make them");
  }
  if (file.size() < page) {
    refuse(path, "truncated within its header; restore the file, or make the filter again");
  }
  if (header.format != format || header.definition != definition) {
    refuse(path,
           "a filter of format " + std::to_string(header.format) + " and definition " +
               std::to_string(header.definition) +
               ", and this version reads 1 and 1; use the version of corpusmill that saved it");
  }
  Hash128 stored;
  std::memcpy(&stored, &file[checksum_at], sizeof stored);
  if (checksum(file.first(checksum_at)) != stored) {
    refuse(path, "its header is damaged; restore the file, or make the filter again");
  }
  const auto& [n, unit, stride, squeeze, items, rate] = header.options;
  const bool sensible = header.num_blocks >= 1 && header.num_blocks <= most_bloom_blocks &&
                        n >= 1 && n <= 65536 && unit <= 5 && stride >= 1 && stride <= 65536 &&
                        squeeze <= 1 && items >= 1 && rate > 0 && rate < 1;
  if (!sensible) refuse(path, "its header contradicts itself; make the filter again");
  const uint64_t expected = page + header.num_blocks * bloom_block_words * sizeof(uint32_t);
  if (file.size() != expected) {
    refuse(path, "has " + std::to_string(file.size()) + " bytes, and a filter of its size " +
                     std::to_string(expected) + "; restore the file, or make the filter again");
  }
  return header;
}

}  // namespace

void save_bloom(const std::string& path, const Bloom& filter, const BloomOptions& options,
                uint64_t added) {
  NewFile file(path);
  const auto blocks = std::as_bytes(filter.words());
  const BloomHeader header{magic, format,  definition,      filter.num_blocks(),
                           added, options, checksum(blocks)};
  std::array<std::byte, page> first{};
  std::memcpy(first.data(), &header, sizeof header);
  const Hash128 own = checksum(std::span(first).first(checksum_at));
  std::memcpy(&first[checksum_at], &own, sizeof own);
  file.write(0, first);
  file.write(page, blocks);
  file.publish();
}

OpenedBloom open_bloom(const std::string& path, bool verify) {
  const auto file = std::make_shared<const MappedFile>(path);
  const BloomHeader header = checked_header(path, file->bytes());
  if (verify && checksum(file->bytes().subspan(page)) != header.checksum) {
    refuse(path,
           "its blocks are damaged (the checksum differs); restore the file, or make the "
           "filter again");
  }
  return {std::make_unique<Bloom>(file, page, header.num_blocks), header};
}

}  // namespace corpusmill::ngram
