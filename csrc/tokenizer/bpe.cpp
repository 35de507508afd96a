// bpe: short pieces by looking for the least rank each time, long ones by a heap of the ranks.
#include "tokenizer/bpe.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace corpusmill::tokenizer {

namespace {

constexpr size_t short_piece = 48;  // bytes

}  // namespace

Bpe::Bpe(Vocabulary vocabulary)
    : vocabulary_(std::move(vocabulary)),
      whole_pieces_(true),
      look_up_(true),
      merges_(vocabulary_.size(), vocabulary_.size()),
      made_(vocabulary_.size()) {
  find_byte_ids();
  if (!make_by_rank()) {
    made_.clear();
    add_merges_by_rank();
  }
  finish();
}

Bpe::Bpe(Vocabulary vocabulary, std::span<const std::array<uint32_t, 2>> merges, bool whole_pieces)
    : vocabulary_(std::move(vocabulary)),
      whole_pieces_(whole_pieces),
      look_up_(whole_pieces),
      merges_(vocabulary_.size(), merges.size()),
      made_(vocabulary_.size()) {
  find_byte_ids();
  if (!make_by_merges(merges)) {
    made_.clear();
    for (uint32_t rank = 0; rank < merges.size(); ++rank) {
      merges_.add(merges[rank][0], merges[rank][1], {rank, made_by(rank, merges[rank])});
    }
  }
  finish();
}

uint32_t Bpe::made_by(size_t rank, const std::array<uint32_t, 2>& merge) const {
  std::string both(vocabulary_[merge[0]]);
  const uint32_t id = vocabulary_.find(both.append(vocabulary_[merge[1]]));
  if (id == no_id) throw std::invalid_argument("merge " + std::to_string(rank) + " makes no token");
  return id;
}

void Bpe::find_byte_ids() {
  for (size_t byte = 0; byte < byte_ids_.size(); ++byte) {
    const char c = static_cast<char>(byte);
    byte_ids_[byte] = vocabulary_.find({&c, 1});
    if (byte_ids_[byte] == no_id) {
      throw std::invalid_argument("byte " + std::to_string(byte) + " is no token");
    }
    made_[byte_ids_[byte]].order = 0;
  }
}

void Bpe::finish() {
  bool all_made = is_ordered();
  for (uint32_t id = 0; id < vocabulary_.size() && all_made; ++id) {
    all_made = vocabulary_[id].empty() || is_made(id);
  }
  look_up_ = whole_pieces_ && !all_made;
  byte_merges_.reserve(byte_ids_.size() * byte_ids_.size());
  for (const uint32_t left : byte_ids_) {
    for (const uint32_t right : byte_ids_) byte_merges_.push_back(merges_.find(left, right));
  }
}

void Bpe::make(uint32_t left, uint32_t right, Merge merge) {
  merges_.add(left, right, merge);
  made_[merge.id] = {left, right, merge.rank + 1};
}

/// Two tokens next to each other have come to be so by merges within each of them alone. So undoing
/// the last of these merges, whose right or left part is then next to the other token, no pair may
/// come to light that would have been merged before.
bool Bpe::stand(uint32_t left, uint32_t right) const {
  uint32_t limit = no_rank;
  while (merges_.rank(left, right) >= limit) {
    const Made& of_left = made_[left];
    const Made& of_right = made_[right];
    if (of_left.order > of_right.order) {
      limit = of_left.order - 1;
      left = of_left.right;
    } else if (of_right.order > 0) {
      limit = of_right.order;  // of two equal pairs the left one is merged first
      right = of_right.left;
    } else {
      return true;
    }
  }
  return false;
}

/// False if a token has a part that comes after it, so that what it is made of is not known yet.
bool Bpe::make_by_rank() {
  for (uint32_t id = 0; id < vocabulary_.size(); ++id) {
    const std::string_view token = vocabulary_[id];
    bool has_later = false;
    for (size_t cut = 1; cut < token.size(); ++cut) {
      const uint32_t left = vocabulary_.find(token.substr(0, cut));
      const uint32_t right = left == no_id ? no_id : vocabulary_.find(token.substr(cut));
      if (right == no_id) continue;
      if (!is_made(left) || !is_made(right)) {
        has_later = true;
      } else if (stand(left, right)) {
        make(left, right, {id, id});
        break;
      }
    }
    if (has_later && !is_made(id)) return false;
  }
  return true;
}

/// False if a token has a part that is merged after it. Further merges to a token that is made, and
/// merges of two that do not stand, come to nothing.
bool Bpe::make_by_merges(std::span<const std::array<uint32_t, 2>> merges) {
  uint32_t rank = 0;  // of those that are ever done: less than there are ids
  for (size_t i = 0; i < merges.size(); ++i) {
    const auto [left, right] = merges[i];
    const uint32_t id = made_by(i, merges[i]);
    if (is_made(id)) continue;
    if (!is_made(left) || !is_made(right)) return false;
    if (stand(left, right)) make(left, right, {rank++, id});
  }
  return true;
}

void Bpe::add_merges_by_rank() {
  for (uint32_t id = 0; id < vocabulary_.size(); ++id) {
    const std::string_view token = vocabulary_[id];
    for (size_t cut = 1; cut < token.size(); ++cut) {
      const uint32_t left = vocabulary_.find(token.substr(0, cut));
      if (left == no_id) continue;
      const uint32_t right = vocabulary_.find(token.substr(cut));
      if (right != no_id) merges_.add(left, right, {id, id});
    }
  }
}

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

void Merger::look_at(uint32_t at, uint32_t behind) {
  merges_[at] = bpe_->merges().find(ids_[at], ids_[behind]);
  if (merges_[at].id == without_) merges_[at] = Merge{};
  if (merges_[at].rank == no_rank) return;
  heap_.push_back(uint64_t{merges_[at].rank} << 32 | at);
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

/// Tokens are a list linked by the places of their first bytes; an entry of the heap whose rank is
/// no longer that of its place is of a pair that is gone.
std::span<const uint32_t> Merger::merge_long(std::string_view piece) {
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
  for (uint32_t i = 0; i < size; ++i) {
    ids_[i] = bpe_->id_of_byte(piece[i]);
    before_[i] = i - 1;
    behind_[i] = i + 1;
  }
  for (uint32_t i = 0; i + 1 < size; ++i) look_at(i, i + 1);
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const uint64_t entry = heap_.back();
    heap_.pop_back();
    const auto at = static_cast<uint32_t>(entry);
    if (merges_[at].rank != entry >> 32) continue;
    const uint32_t gone = behind_[at], next = behind_[gone];
    ids_[at] = merges_[at].id;
    merges_[at] = merges_[gone] = Merge{};
    behind_[at] = next;
    if (next < size) {
      before_[next] = at;
      look_at(at, next);
    }
    if (at > 0) look_at(before_[at], at);
  }
  uint32_t num = 0;
  for (uint32_t i = 0; i < size; i = behind_[i]) ids_[num++] = ids_[i];
  return {ids_.data(), num};
}

}  // namespace corpusmill::tokenizer
