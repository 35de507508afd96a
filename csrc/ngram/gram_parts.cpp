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
      memory_(std::move(memory)),
      scratch_(&scratch),
      narrow_(num_parts),
      wide_(num_parts),
      extents_(num_parts),
      tally_(n) {}

size_t GramParts::num_held(size_t part) const {
  size_t size = 0;
  for (const GramForm form : {GramForm::narrow, GramForm::wide}) {
    size += held(part, form).size(per_chunk(form)) / gram_width(form, n_);
  }
  return size;
}

size_t GramParts::size(size_t part) const {
  size_t size = num_held(part);
  for (const Extent& extent : extents_[part]) size += extent.count;
  return size;
}

void GramParts::new_chunk(GramChunks& part, GramForm form) {
  const size_t most = std::max(2 * wide_.size(), memory_() / ChunkStore::chunk_bytes);
  if (chunks_.made() > most + most / leeway) {
    spill_all();
    chunks_.release();
  }
  while (chunks_.empty(most)) spill_next();
  part.start(chunks_.take(most), per_chunk(form));
}

void GramParts::write_held(size_t part, GramForm form) {
  uint64_t hash = 0;
  size_t bytes = 0;
  chunks_written_.clear();
  held(part, form).for_each(per_chunk(form), [&](std::span<const std::byte> records) {
    if (scratch_->stays()) hash = hash_of(records, form, hash);
    bytes += records.size();
    chunks_written_.push_back(records);
  });
  if (bytes == 0) return;
  const uint64_t offset = scratch_->append(chunks_written_);
  extents_[part].push_back({offset, hash, bytes / gram_width(form, n_), form});
}

void GramParts::write_counted(size_t part, std::span<const std::byte> records) {
  const GramForm form = GramForm::counted;
  const uint64_t hash = scratch_->stays() ? hash_of(records, form, 0) : 0;
  const uint64_t offset = scratch_->append(records.data(), records.size());
  extents_[part].push_back({offset, hash, records.size() / gram_width(form, n_), form});
}

void GramParts::spill_all() {
  for (size_t part = 0; part < wide_.size(); ++part) spill(part);
}

uint64_t GramParts::hash_of(std::span<const std::byte> records, GramForm form,
                            uint64_t before) const {
  while (!records.empty()) {
    const auto some = records.first(std::min(hash_size(form), records.size()));
    before = xxh3_64({reinterpret_cast<const char*>(some.data()), some.size()}, before);
    records = records.subspan(some.size());
  }
  return before;
}

// Some of the parts in turn, so that most of what fits stays.
void GramParts::spill_next() {
  for (size_t i = 0; i * spills < wide_.size(); ++i) {
    spill(next_spilled_);
    next_spilled_ = (next_spilled_ + 1) % wide_.size();
  }
}

// Counting takes time, and long n-grams, most of which come once, become no fewer by it; short ones
// do. Some parts tell for the others.
void GramParts::spill(size_t part) {
  const size_t size = num_held(part);
  if (size == 0) return;
  if (part % probes != 0 && !count_pays()) {
    write_held(part, GramForm::narrow);
    write_held(part, GramForm::wide);
  } else {
    blocks_.clear();
    for_each_held(part, [&](const GramBlock& block) { blocks_.push_back(block); });
    tally_.count(blocks_, 1);
    if (part % probes == 0) {
      probed_ += size;
      probe_came_to_ += tally_.table().size();
    }
    write_counted(part, tally_.table().records());
  }
  narrow_[part].empty_into(chunks_);
  wide_[part].empty_into(chunks_);
}

}  // namespace corpusmill::ngram
