// gram_parts: parts take chunks of memory until there are none left; then what each holds is
// written out, and all chunks are free again.
#include "ngram/gram_parts.hpp"

#include <bit>

namespace corpusmill::ngram {

GramParts::GramParts(size_t n, size_t num_parts, size_t memory, ScratchFile& scratch)
    : n_(n),
      shift_(64 - std::countr_zero(num_parts)),
      per_chunk_(ChunkStore::chunk_size / GramRecord::width(n) * GramRecord::width(n)),
      chunks_(std::max(num_parts, memory / ChunkStore::chunk_bytes)),
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
  if (chunks_.empty()) spill();
  part.start(chunks_.take(), per_chunk_);
}

void GramParts::write(size_t part, std::span<const uint32_t> records, bool counted) {
  const size_t width = counted ? GramTable::width(n_) : GramRecord::width(n_);
  extents_[part].push_back(
      {scratch_->append(records.data(), records.size_bytes()), records.size() / width, counted});
}

// Some of the parts in turn, so that most of what fits stays. Counting takes time, and long
// n-grams, most of which come once, become no fewer by it; short ones do. Some parts tell for the
// others.
void GramParts::spill() {
  for (size_t spilled = 0; spilled * spills < held_.size() || chunks_.empty(); ++spilled) {
    spill(next_spilled_);
    next_spilled_ = (next_spilled_ + 1) % held_.size();
  }
}

void GramParts::spill(size_t part) {
  if (held_[part].size(per_chunk_) == 0) return;
  buffer_.clear();
  held_[part].for_each(per_chunk_, [&](std::span<const uint32_t> records) {
    buffer_.insert(buffer_.end(), records.begin(), records.end());
  });
  held_[part].empty_into(chunks_);
  if (part % probes != 0 && !count_pays()) return write(part, buffer_, false);
  const GramBlock block{buffer_, false};
  tally_.count({&block, 1}, 1);
  if (part % probes == 0) {
    probed_ += buffer_.size() / GramRecord::width(n_);
    probe_came_to_ += tally_.table().size();
  }
  write(part, tally_.table().records(), true);
}

}  // namespace corpusmill::ngram
