// index_build: signatures to band tables, within a memory budget. Knows no files: what is made goes
// to a sink.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

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

/// The tables of all rows of `runs`, numbered on from run to run; fewer than 2**32 - 1.
///
/// A band, or a part of its key range, is collected and sorted in 28 bytes a row; a pass over the
/// signatures serves as many of these at once as fit into `memory` bytes, so it takes from
/// bands * rows * 28 / memory to twice as many passes, and at least one. A key that very many rows
/// share is not divided. The bytes depend on the signatures and bands alone.
void build_tables(std::span<const Signatures> runs, Bands bands, uint64_t memory, int threads,
                  const TableSink& sink);

/// The same in memory.
std::vector<std::byte> build_tables(std::span<const Signatures> runs, Bands bands, int threads);

}  // namespace corpusmill::dedup
