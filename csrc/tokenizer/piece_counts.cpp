// piece_counts: each thread counts in a small table of its own, which is emptied into one for all,
// in parts by hash, whenever it is full.
#include "tokenizer/piece_counts.hpp"

#include <stdexcept>
#include <vector>

#include "core/parallel.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr size_t rows_per_block = 16;
constexpr size_t local_pieces = 1 << 15;  // of a thread's own table: it stays in the cache
constexpr size_t local_bytes = 1 << 20;

}  // namespace

bool PieceTable::add(std::string_view piece, uint64_t hash, uint64_t count) {
  const size_t before = size();
  const uint32_t i = slots_.find_or_add(
      hash,
      [&](uint32_t other) { return entries_[other].hash == hash && this->piece(other) == piece; },
      [&](uint32_t other) { return other < before ? entries_[other].hash : hash; });
  if (i < before) {
    entries_[i].count += count;
    return false;
  }
  if (i == SlotTable::none - 1)
    throw std::length_error("docs: more than 2**32 - 2 different pieces");
  entries_.push_back({hash, bytes_.size(), count});
  bytes_.insert(bytes_.end(), piece.begin(), piece.end());
  return true;
}

void PieceTable::clear() {
  slots_.reset(entries_.size());
  entries_.clear();
  bytes_.clear();
}

void PieceCounter::add(const Column& docs, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<Local> local(num_workers(blocks.size(), threads));
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    const Column::Block& block = blocks[b];
    for (size_t i = block.begin; i < block.end; ++i) count((*block.strings)[i], local[worker]);
  });
  parallel_for(local.size(), threads, [&](size_t i, size_t) { flush(local[i].pieces); });
}

void PieceCounter::count(std::string_view document, Local& local) {
  const std::string_view text = model_->normalized(document, local.scratch);
  const char* const end = text.data() + text.size();
  const char* ends[most_pieces];
  std::string_view pieces[most_pieces];
  uint64_t hashes[most_pieces];
  for (const char* at = text.data(); at != end;) {
    const size_t num = model_->cut(text, at, ends);
    for (size_t i = 0; i < num; ++i) {
      pieces[i] = {at, static_cast<size_t>(ends[i] - at)};
      hashes[i] = xxh3_64(pieces[i]);
      local.pieces.prefetch(hashes[i]);
      at = ends[i];
    }
    for (size_t i = 0; i < num; ++i) local.pieces.add(pieces[i], hashes[i], 1);
    if (local.pieces.size() > local_pieces || local.pieces.num_bytes() > local_bytes) {
      flush(local.pieces);
    }
  }
}

void PieceCounter::flush(PieceTable& local) {
  size_t added = 0, bytes = 0;
  for (size_t i = 0; i < local.size(); ++i) {
    // Not by the bits that order a part's own slots.
    Shard& shard = shards_[mix(local.hash(i)) % shards_.size()];
    const std::scoped_lock lock(shard.mutex);
    if (!shard.pieces.add(local.piece(i), local.hash(i), local.count(i))) continue;
    ++added;
    bytes += local.piece(i).size();
  }
  size_ += added;
  num_bytes_ += bytes;
  local.clear();
}

}  // namespace corpusmill::tokenizer
