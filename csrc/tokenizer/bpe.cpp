// bpe: of each token the two that it is made of are found by the tokens and merges before it.
#include "tokenizer/bpe.hpp"

#include <bit>
#include <stdexcept>
#include <string>
#include <utility>

namespace corpusmill::tokenizer {

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
    merges_ = PairRanks(vocabulary_.size(), merges.size());  // those so far have other ranks
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
  if (is_ordered()) find_sides();
  byte_merges_.reserve(byte_ids_.size() * byte_ids_.size());
  for (const uint32_t left : byte_ids_) {
    for (const uint32_t right : byte_ids_) byte_merges_.push_back(merges_.find(left, right));
  }
}

void Bpe::find_sides() {
  sides_.resize(made_.size());
  std::vector<uint32_t> in_order(made_.size() + 1, no_id);  // tokens but bytes, by their order
  const auto set = [](std::array<uint64_t, side_words>& bits, uint32_t id) {
    const uint32_t bit = id * 0x9e3779b1u >> (32 - std::bit_width(64 * side_words - 1));
    bits[bit / 64] |= uint64_t{1} << bit % 64;
  };
  for (uint32_t id = 0; id < made_.size(); ++id) {
    set(sides_[id].met, id);
    if (!is_made(id) || made_[id].order == 0) continue;
    set(sides_[made_[id].left].sought, made_[id].right);
    in_order[made_[id].order] = id;
  }
  for (const uint32_t id : in_order) {  // parts before what is made of them
    if (id == no_id) continue;
    for (size_t i = 0; i < side_words; ++i) {
      sides_[id].met[i] |= sides_[made_[id].left].met[i];
      sides_[id].sought[i] |= sides_[made_[id].right].sought[i];
    }
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

}  // namespace corpusmill::tokenizer
