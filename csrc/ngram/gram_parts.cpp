// gram_parts: parts take chunks of memory until there are none left; then what each holds is
// written out, and all chunks are free again.
#include "ngram/gram_parts.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/hash.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t leeway = 16;  // a sixteenth more than may be held now is let stay
constexpr size_t spills = 8;   // one of so many parts is written out at once
constexpr size_t probes = 8;   // of so many parts one is counted to see whether it pays

}  // namespace

GramParts::GramParts(size_t n, size_t num_parts, std::function<size_t()> memory,
                     ScratchFile& scratch)
    : n_(n),
      shift_(64 - std::countr_zero(num_parts)),
      per_chunk_(ChunkStore::chunk_size / GramRecord::width(n) * GramRecord::width(n)),
      memory_(std::move(memory)),
      scratch_(&scratch),
      held_(num_parts),
      extents_(num_parts),
      tally_(n) {}

size_t GramParts::size(size_t part) const {
  size_t size = held_[part].size(per_chunk_) / GramRecord::width(n_);
  for (const Extent& extent : extents_[part]) size += extent.count;
  return size;
}

void GramParts::new_chunk(GramChunks& part) {
  const size_t most = std::max(held_.size(), memory_() / ChunkStore::chunk_bytes);
  if (chunks_.made() > most + most / leeway) {
    spill_all();
    chunks_.release();
  }
  while (chunks_.empty(most)) spill_next();
  part.start(chunks_.take(most), per_chunk_);
}

void GramParts::write_held(size_t part) {
  uint64_t hash = 0;
  size_t numbers = 0;
  chunks_written_.clear();
  held_[part].for_each(per_chunk_, [&](std::span<const uint32_t> records) {
    if (scratch_->stays()) hash = hash_of(records, false, hash);
    numbers += records.size();
    chunks_written_.push_back(std::as_bytes(records));
  });
  const uint64_t offset = scratch_->append(chunks_written_);
  extents_[part].push_back({offset, hash, numbers / GramRecord::width(n_), false});
}

void GramParts::write_counted(size_t part, std::span<const uint32_t> records) {
  const uint64_t hash = scratch_->stays() ? hash_of(records, true, 0) : 0;
  const uint64_t offset = scratch_->append(records.data(), records.size_bytes());
  extents_[part].push_back({offset, hash, records.size() / GramTable::width(n_), true});
}

void GramParts::spill_all() {
  for (size_t part = 0; part < held_.size(); ++part) spill(part);
}

uint64_t GramParts::hash_of(std::span<const uint32_t> records, bool counted,
                            uint64_t before) const {
  const size_t at_once = counted ? piece * GramTable::width(n_) : per_chunk_;
  while (!records.empty()) {
    const auto some = records.first(std::min(at_once, records.size()));
    before = xxh3_64({reinterpret_cast<const char*>(some.data()), some.size_bytes()}, before);
    records = records.subspan(some.size());
  }
  return before;
}

// Some of the parts in turn, so that most of what fits stays.
void GramParts::spill_next() {
  for (size_t i = 0; i * spills < held_.size(); ++i) {
    spill(next_spilled_);
    next_spilled_ = (next_spilled_ + 1) % held_.size();
  }
}

// Counting takes time, and long n-grams, most of which come once, become no fewer by it; short ones
// do. Some parts tell for the others.
void GramParts::spill(size_t part) {
  if (held_[part].size(per_chunk_) == 0) return;
  if (part % probes != 0 && !count_pays()) {
    write_held(part);
  } else {
    blocks_.clear();
    held_[part].for_each(per_chunk_, [&](std::span<const uint32_t> records) {
      blocks_.push_back({records, false});
    });
    tally_.count(blocks_, 1);
    if (part % probes == 0) {
      probed_ += held_[part].size(per_chunk_) / GramRecord::width(n_);
      probe_came_to_ += tally_.table().size();
    }
    write_counted(part, tally_.table().records());
  }
  held_[part].empty_into(chunks_);
}

}  // namespace corpusmill::ngram
