// merger: short pieces by looking for the least rank each time, long ones by their ranks in order.
#include "tokenizer/merger.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>

namespace corpusmill::tokenizer {

namespace {

constexpr size_t short_piece = 48;  // bytes

}  // namespace

std::span<const uint32_t> Merger::operator()(std::string_view piece) {
  const uint32_t whole = bpe_->whole(piece);
  if (whole != no_id) {
    ids_.assign(1, whole);
    return ids_;
  }
  return merge(piece);
}

std::span<const uint32_t> Merger::merge(std::string_view piece) {
  return piece.size() <= short_piece ? merge_short(piece) : merge_long(piece);
}

std::span<const uint32_t> Merger::parts_of(uint32_t token) {
  without_ = token;
  const auto parts = merge_long(bpe_->vocabulary()[token]);
  without_ = no_id;
  return parts;
}

std::span<const uint32_t> Merger::merge_short(std::string_view piece) {
  uint32_t id[short_piece];
  Merge merge[short_piece];
  size_t size = piece.size();
  for (size_t i = 0; i < size; ++i) id[i] = bpe_->id_of_byte(piece[i]);
  for (size_t i = 0; i + 1 < size; ++i) merge[i] = bpe_->merge_of_bytes(piece[i], piece[i + 1]);
  while (size > 1) {
    const Merge* const least = std::min_element(
        merge, merge + size - 1, [](const Merge& a, const Merge& b) { return a.rank < b.rank; });
    if (least->rank == no_rank) break;
    const auto at = static_cast<size_t>(least - merge);
    id[at] = least->id;
    std::copy(id + at + 2, id + size, id + at + 1);
    if (at + 2 < size) std::copy(merge + at + 2, merge + size - 1, merge + at + 1);
    --size;
    if (at > 0) merge[at - 1] = bpe_->merges().find(id[at - 1], id[at]);
    if (at + 1 < size) merge[at] = bpe_->merges().find(id[at], id[at + 1]);
  }
  ids_.assign(id, id + size);
  return ids_;
}

/// Whether the token at a place and the one behind it can be merged.
bool Merger::look_at(uint32_t at, uint32_t behind) {
  merges_[at] = bpe_->merges().find(ids_[at], ids_[behind]);
  if (merges_[at].id == without_) merges_[at] = Merge{};
  return merges_[at].rank != no_rank;
}

void Merger::push(uint32_t at, uint32_t behind) {
  if (!look_at(at, behind)) return;
  heap_.push_back(entry_of(at));
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

/// The least entry that is left: of those there were in the beginning, or of the heap.
uint64_t Merger::pop() {
  const bool is_first = first_at_ < first_.size();
  if (is_first && (heap_.empty() || first_[first_at_] < heap_.front())) return first_[first_at_++];
  std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
  const uint64_t entry = heap_.back();
  heap_.pop_back();
  return entry;
}

void Merger::begin_long(std::string_view piece) {
  if (piece.size() >= std::numeric_limits<uint32_t>::max()) {
    throw std::length_error("docs: a piece of " + std::to_string(piece.size()) +
                            " bytes is too long to be encoded; cut the document");
  }
  const auto size = static_cast<uint32_t>(piece.size());
  ids_.resize(size);
  merges_.assign(size, Merge{});
  before_.resize(size);
  behind_.resize(size);
  heap_.clear();
  first_.clear();
  first_at_ = 0;
  for (uint32_t i = 0; i < size; ++i) {
    ids_[i] = bpe_->id_of_byte(piece[i]);
    before_[i] = i - 1;
    behind_[i] = i + 1;
  }
  for (uint32_t i = 0; i + 1 < size; ++i) {
    if (look_at(i, i + 1)) first_.push_back(entry_of(i));
  }
  std::sort(first_.begin(), first_.end());
}

/// Tokens are a list linked by the places of their first bytes; an entry whose rank is no longer
/// that of its place is of a pair that is gone. The pairs of the beginning are sorted, which is
/// faster than a heap of them all.
std::span<const uint32_t> Merger::merge_long(std::string_view piece) {
  begin_long(piece);
  const auto size = static_cast<uint32_t>(piece.size());
  while (first_at_ < first_.size() || !heap_.empty()) {
    const uint64_t entry = pop();
    const auto at = static_cast<uint32_t>(entry);
    if (merges_[at].rank != entry >> 32) continue;
    const uint32_t gone = behind_[at], next = behind_[gone];
    ids_[at] = merges_[at].id;
    merges_[at] = merges_[gone] = Merge{};
    behind_[at] = next;
    if (next < size) {
      before_[next] = at;
      push(at, next);
    }
    if (at > 0) push(before_[at], at);
  }
  uint32_t num = 0;
  for (uint32_t i = 0; i < size; i = behind_[i]) ids_[num++] = ids_[i];
  return {ids_.data(), num};
}

}  // namespace corpusmill::tokenizer
