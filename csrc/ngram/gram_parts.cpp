// gram_parts: parts take chunks of memory until there are none left; then each part is counted, its
// counts are written out, and all chunks are free again.
#include "ngram/gram_parts.hpp"

#include <bit>
#include <utility>

namespace corpusmill::ngram {

GramParts::GramParts(size_t n, size_t num_parts, size_t memory, ScratchFile& scratch)
    : n_(n),
      shift_(64 - std::countr_zero(num_parts)),
      per_chunk_(chunk_bytes / sizeof(uint32_t) / n * n),
      chunks_left_(std::max(num_parts, memory / chunk_bytes)),
      scratch_(&scratch),
      parts_(num_parts),
      table_(n) {}

size_t GramParts::size(size_t part) const {
  size_t size = 0;
  for (const Extent& extent : parts_[part].extents) size += extent.count;
  return size + held(parts_[part]);
}

size_t GramParts::held(const Part& part) const {
  if (part.chunks.empty()) return 0;
  return (part.chunks.size() * per_chunk_ - static_cast<size_t>(part.end - part.next)) / n_;
}

void GramParts::new_chunk(Part& part) {
  if (free_.empty() && chunks_left_ == 0) spill();
  if (free_.empty()) {
    --chunks_left_;
    free_.push_back(std::make_unique_for_overwrite<uint32_t[]>(per_chunk_));
  }
  part.chunks.push_back(std::move(free_.back()));
  free_.pop_back();
  part.next = part.chunks.back().get();
  part.end = part.next + per_chunk_;
}

void GramParts::write(Part& part, std::span<const uint32_t> records, size_t count, bool counted) {
  if (count == 0) return;
  part.extents.push_back({scratch_->append(records.data(), records.size_bytes()), count, counted});
}

// Most long n-grams came once, and need no count.
void GramParts::spill() {
  for (Part& part : parts_) {
    if (part.chunks.empty()) continue;
    sketch_.reset(held(part));
    for_each_held(part, [&](const uint32_t* gram) { sketch_.add(table_.hash(gram), false); });
    table_.reset(sketch_.repeated());
    once_.clear();
    for_each_held(part, [&](const uint32_t* gram) {
      const uint64_t hash = table_.hash(gram);
      if (sketch_.may_repeat(hash)) {
        table_.add(gram, 1, hash);
      } else {
        once_.insert(once_.end(), gram, gram + n_);
      }
    });
    write(part, table_.records(), table_.size(), true);
    write(part, once_, once_.size() / n_, false);
    for (Chunk& chunk : part.chunks) free_.push_back(std::move(chunk));
    part.chunks.clear();
    part.next = part.end = nullptr;
  }
}

}  // namespace corpusmill::ngram
