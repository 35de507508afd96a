// index_file: what is written where, and what is refused.
#include "dedup/index_file.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "core/parallel.hpp"
#include "dedup/signature.hpp"
#include "simd/hash.hpp"

namespace corpusmill::dedup {

namespace {

constexpr std::array<char, 8> magic = {'C', 'M', 'I', 'N', 'D', 'E', 'X', '\n'};
constexpr uint32_t format = 2;
constexpr uint64_t page = 4096;
constexpr uint64_t checksum_at = page - sizeof(Hash128);
constexpr uint64_t most_entries = 0xfffffffe;
constexpr std::array<const char*, num_index_sections> names = {
    "signatures", "tables", "cluster_sizes", "id_offsets", "id_bytes", "id_validity"};

uint64_t aligned(uint64_t offset) { return (offset + page - 1) / page * page; }

Hash128 checksum(std::span<const std::byte> bytes) {
  return xxh3_128({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// Of each section with the zeros after it; `file` is mapped and its sections lie in it. A piece of
/// each is in memory at a time.
std::array<Hash128, num_index_sections> checksums(std::span<const std::byte> file,
                                                  const IndexHeader& header, int threads) {
  constexpr uint64_t piece_bytes = 1 << 20;
  std::array<Hash128, num_index_sections> found;
  parallel_for(num_index_sections, threads, [&](size_t i, size_t) {
    const auto& [offset, bytes, ignored] = header.sections[i];
    StreamHash128 hash;
    for (auto left = file.subspan(offset, aligned(bytes)); !left.empty();) {
      const auto piece = left.first(std::min(left.size(), piece_bytes));
      hash.update({reinterpret_cast<const char*>(piece.data()), piece.size()});
      let_go(piece);
      left = left.subspan(piece.size());
    }
    found[i] = hash.digest();
  });
  return found;
}

}  // namespace

IndexWriter::IndexWriter(std::string path, const IndexOptions& options) : file_(std::move(path)) {
  header_.magic = magic;
  header_.format = format;
  header_.signature_version = signature_version;
  header_.options = options;
  for (auto& section : header_.sections) section.offset = page;
}

/// Where the section's next byte goes.
uint64_t IndexWriter::begin(IndexSection section) {
  const auto wanted = static_cast<size_t>(section);
  if (wanted < current_) throw std::logic_error("index: sections come out of order");
  for (; current_ < wanted; ++current_) {
    const auto& [offset, bytes, ignored] = header_.sections[current_];
    header_.sections[current_ + 1].offset = aligned(offset + bytes);
  }
  return header_.sections[current_].offset + header_.sections[current_].bytes;
}

void IndexWriter::append(IndexSection section, std::span<const std::byte> bytes) {
  file_.write(begin(section), bytes);
  header_.sections[current_].bytes += bytes.size();
}

void IndexWriter::append_tables(const Room& room, int threads) {
  const uint64_t start = begin(IndexSection::tables);
  const Bands bands{header_.options.bands, header_.options.rows};
  const auto& [offset, bytes, ignored] =
      header_.sections[static_cast<size_t>(IndexSection::signatures)];
  const MappedFile written(file_.partial_path());
  Signatures signatures{{}, header_.options.num_hashes};
  if (bytes > 0) {
    const auto* slots = reinterpret_cast<const uint32_t*>(&written.bytes()[offset]);
    signatures.slots = {slots, bytes / sizeof(uint32_t)};
  }
  build_tables(
      signatures, bands, room, threads,
      [&](uint64_t at, auto part) { file_.write(start + at, part); },
      [](auto slots) { let_go(std::as_bytes(slots)); });
  header_.num_entries = signatures.slots.size() / signatures.num_hashes;
  header_.sections[current_].bytes = tables_bytes(header_.num_entries, bands);
}

void IndexWriter::finish(int threads) {
  file_.resize(aligned(begin(IndexSection::id_validity)));
  const MappedFile written(file_.partial_path());
  const auto found = checksums(written.bytes(), header_, threads);
  for (size_t i = 0; i < found.size(); ++i) header_.sections[i].checksum = found[i];
  std::array<std::byte, page> first{};
  std::memcpy(first.data(), &header_, sizeof header_);
  const Hash128 own = checksum(std::span(first).first(checksum_at));
  std::memcpy(&first[checksum_at], &own, sizeof own);
  file_.write(0, first);
  file_.publish();
}

IndexFile::IndexFile(std::string path) : file_(std::move(path)) {
  const size_t known = std::min(sizeof header_, file_.bytes().size());
  if (known > 0) std::memcpy(&header_, file_.bytes().data(), known);
  check_header();
  check_sections();
}

void IndexFile::refuse(const std::string& why) const {
  throw std::invalid_argument(file_.path() + ": " + why);
}

void IndexFile::check_header() const {
  if (header_.magic != magic) refuse("not an index of corpusmill; Index.save makes one");
  if (file_.bytes().size() < page) {
    refuse("truncated within its header; restore the file, or save the index again");
  }
  if (header_.format != format) {
    refuse("an index of format " + std::to_string(header_.format) + ", and this version reads " +
           std::to_string(format) + "; use the version of corpusmill that saved it");
  }
  if (checksum(file_.bytes().first(checksum_at)) != identity()) {
    refuse("its header is damaged; restore the file, or save the index again");
  }
  if (header_.signature_version != signature_version) {
    refuse("its signatures are of definition " + std::to_string(header_.signature_version) +
           ", and this version makes definition " + std::to_string(signature_version) +
           "; make the index again from the documents");
  }
}

void IndexFile::check_sections() const {
  const auto& [n, unit, num_hashes, bands, rows, zero, seed, threshold] = header_.options;
  const uint64_t entries = header_.num_entries;
  const auto bytes_of = [&](IndexSection s) {
    return header_.sections[static_cast<size_t>(s)].bytes;
  };
  const auto one_of = [](uint64_t value, uint64_t a, uint64_t b) {
    return value == a || value == b;
  };
  const bool sensible = entries <= most_entries && num_hashes >= 1 && num_hashes <= 65536 &&
                        bands >= 1 && rows >= 1 && uint64_t{bands} * rows <= num_hashes && n >= 1 &&
                        unit <= 2 && zero == 0 && threshold > 0 && threshold <= 1 &&
                        bytes_of(IndexSection::signatures) == entries * num_hashes * 4 &&
                        bytes_of(IndexSection::tables) == tables_bytes(entries, {bands, rows}) &&
                        bytes_of(IndexSection::cluster_sizes) == entries * 4 &&
                        one_of(bytes_of(IndexSection::id_offsets), 0, (entries + 1) * 8) &&
                        one_of(bytes_of(IndexSection::id_validity), 0, (entries + 7) / 8);
  if (!sensible) refuse("its header contradicts itself; save the index again");
  uint64_t end = page;
  for (size_t i = 0; i < num_index_sections; ++i) {
    const auto& section = header_.sections[i];
    const uint64_t size = file_.bytes().size();
    if (section.offset != end) refuse("its header contradicts itself; save the index again");
    if (section.bytes > size - end || aligned(section.bytes) > size - end) {
      refuse(std::string("truncated: ") + names[i] + " ends at byte " +
             std::to_string(end + section.bytes) + " of " + std::to_string(size) +
             "; restore the file, or save the index again");
    }
    end += aligned(section.bytes);
  }
  if (end != file_.bytes().size()) {
    refuse("has " + std::to_string(file_.bytes().size() - end) +
           " bytes after its end; restore the file, or save the index again");
  }
}

void IndexFile::verify(int threads) const {
  const auto found = checksums(file_.bytes(), header_, threads);
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i] != header_.sections[i].checksum) {
      refuse(std::string("its ") + names[i] +
             " are damaged (the checksum differs); restore the file, or make the index again");
    }
  }
}

std::span<const std::byte> IndexFile::section(IndexSection section) const {
  const auto& [offset, bytes, ignored] = header_.sections[static_cast<size_t>(section)];
  return file_.bytes().subspan(offset, bytes);
}

Hash128 IndexFile::identity() const {
  Hash128 stored;
  std::memcpy(&stored, &file_.bytes()[checksum_at], sizeof stored);
  return stored;
}

}  // namespace corpusmill::dedup
