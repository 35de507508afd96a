// index_file: an index on disk. Format 1, little-endian, every section at a multiple of 4096 bytes:
//
//   header          one page: IndexHeader, zeros, XXH3-128 of all before it in its last 16 bytes
//   signatures      uint32 [num_entries][num_hashes]; a row of 2**32 - 1 stands for a null
//   tables          bands tables (index_table), one after the other
//   cluster_sizes   uint32 [num_entries]
//   id_offsets      int64 [num_entries + 1], or nothing if there are no ids
//   id_bytes        the ids, UTF-8
//   id_validity     a bit per entry, least significant first, or nothing if every entry has an id
//
// A section's checksum is XXH3-128 of its bytes and the zeros up to the next section.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/files.hpp"
#include "core/hash.hpp"
#include "dedup/index_build.hpp"
#include "ngram/shingles.hpp"

namespace corpusmill::dedup {

enum class IndexSection : uint8_t {
  signatures,
  tables,
  cluster_sizes,
  id_offsets,
  id_bytes,
  id_validity
};
inline constexpr size_t num_index_sections = 6;

struct IndexOptions {
  uint32_t n;
  uint32_t unit;  // of ngram::Unit
  uint32_t num_hashes;
  uint32_t bands;
  uint32_t rows;
  uint32_t zero = 0;
  uint64_t seed;
  double threshold;
};

struct IndexHeader {
  struct Section {
    uint64_t offset;
    uint64_t bytes;
    Hash128 checksum;
  };
  std::array<char, 8> magic;
  uint32_t format;
  uint32_t signature_version;
  uint64_t num_entries;
  IndexOptions options;
  std::array<Section, num_index_sections> sections;
};
static_assert(sizeof(IndexHeader) == 24 + 40 + 32 * num_index_sections);

/// A new file, its sections appended in the order of the format.
class IndexWriter {
 public:
  IndexWriter(std::string path, const IndexOptions& options);
  void append(IndexSection section, std::span<const std::byte> bytes);
  /// Of the signatures appended so far, which are read from the file. Throws std::logic_error if
  /// sections come out of order, FileError or std::system_error if the system refuses.
  void append_tables(const Room& room, int threads);
  /// Reads everything back for the checksums, then gives the file its name.
  void finish(int threads);

 private:
  uint64_t begin(IndexSection section);

  NewFile file_;
  IndexHeader header_{};
  size_t current_ = 0;
};

/// An index mapped read-only. Checked on opening, in constant time: magic, versions, the header's
/// checksum, sizes. Throws std::invalid_argument naming the file, what is wrong, and a way out.
class IndexFile {
 public:
  explicit IndexFile(std::string path);

  /// Reads all of it; throws std::invalid_argument naming the first section that is damaged.
  void verify(int threads) const;

  const IndexHeader& header() const { return header_; }
  std::span<const std::byte> section(IndexSection section) const;
  /// Its pages need not be in memory until they are read again.
  void let_go() const { corpusmill::let_go(file_.bytes()); }
  /// The header's checksum, which stands for every byte of the file.
  Hash128 identity() const;

 private:
  void check_header() const;
  void check_sections() const;
  [[noreturn]] void refuse(const std::string& why) const;

  MappedFile file_;
  IndexHeader header_{};
};

}  // namespace corpusmill::dedup
