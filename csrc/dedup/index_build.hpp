// index_build: signatures to band tables, within a memory budget. Knows no index file: what is made
// goes to a sink.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/scratch.hpp"
#include "dedup/index_table.hpp"
#include "dedup/lsh.hpp"

namespace corpusmill::dedup {

/// Bytes of all tables, one band's after the other's.
constexpr uint64_t tables_bytes(uint64_t size, Bands bands) {
  return bands.bands * TableShape{size}.bytes();
}

/// Takes bytes that belong at this offset of the tables; called by several threads, each byte once.
/// What it is never given is zero.
using TableSink = std::function<void(uint64_t offset, std::span<const std::byte> bytes)>;

/// Told of signatures that are not read again.
using ReadSignatures = std::function<void(std::span<const uint32_t> slots)>;

/// The tables of all rows, fewer than 2**32 - 1.
///
/// One walk over the signatures. 12 bytes a row and band: beyond the room's memory they wait in a
/// scratch file, in up to 4096 ranges of keys a band, which are sorted one at a time by each
/// thread; 8 KiB a band are held whatever the memory. A key that very many rows share is not
/// divided. The bytes depend on signatures and bands alone.
void build_tables(
    const Signatures& signatures, Bands bands, const Room& room, int threads, const TableSink& sink,
    const ReadSignatures& read = [](auto) {});

/// The same in memory.
std::vector<std::byte> build_tables(const Signatures& signatures, Bands bands, int threads);

}  // namespace corpusmill::dedup
