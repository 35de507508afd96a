// backtracker: every place is left for good at most once, so tokens tried are few for each byte.
// Short pieces, mostly of ASCII, are merged: of few pairs, which come up all the time, so that what
// there is to know of them is near in memory; several at once where there are several.
#include "tokenizer/backtracker.hpp"

#include <algorithm>
#include <limits>

namespace corpusmill::tokenizer {

namespace {

/// All but up to three bytes: a quotation mark before a word, a letter with an accent.
bool is_mostly_ascii(std::string_view piece) {
  const auto others = std::ranges::count_if(piece, [](char c) { return (c & 0x80) != 0; });
  return others <= 3 && static_cast<size_t>(others) < piece.size();
}

}  // namespace

void Backtracker::encode_each(std::span<const std::string_view> pieces, std::vector<uint32_t>& ids,
                              std::vector<size_t>& ends) {
  std::array<std::string_view, ShortMerger::at_once> group;
  size_t size = 0;
  const auto merge_group = [&] {
    if (size == 0) return;
    short_merger_({group.data(), size});
    for (size_t i = 0; i < size; ++i) {
      short_merger_.append_ids(i, ids);
      ends.push_back(ids.size());
    }
    size = 0;
  };
  for (const std::string_view& piece : pieces) {
    if (piece.size() <= ShortMerger::longest && is_mostly_ascii(piece) &&
        bpe_->whole(piece) == no_id) {
      group[size++] = piece;
      if (size == group.size()) merge_group();
    } else {
      merge_group();
      PieceEncoder::encode_each({&piece, 1}, ids, ends);
    }
  }
  merge_group();
}

std::span<const uint32_t> Backtracker::operator()(std::string_view piece) {
  if (const uint32_t whole = bpe_->whole(piece); whole != no_id) {
    ids_.assign(1, whole);
    return ids_;
  }
  const bool is_few_merges = piece.size() < 16 && is_mostly_ascii(piece);
  const bool is_long = piece.size() > std::numeric_limits<uint32_t>::max() / 8;
  if (is_few_merges || is_long || !encode(piece)) return merger_.merge(piece);
  return ids_;
}

uint64_t& Backtracker::known(uint32_t left, uint32_t right) {
  const uint64_t pair = uint64_t{left} << 32 | right;
  return known_[(pair + 1) * 0x9e3779b97f4a7c15u >> (64 - known_bits)];
}

bool Backtracker::stand(uint32_t left, uint32_t right) {
  if (bpe_->surely_stand(left, right)) return true;
  const uint64_t pair = (uint64_t{left} << 32 | right) + 1;  // an id has 24 bits
  uint64_t& answer = known(left, right);
  if (answer >> 1 != pair) answer = pair << 1 | static_cast<uint64_t>(bpe_->stand(left, right));
  return (answer & 1) != 0;
}

/// Each the longest at its place, whatever is before it: they mostly stand. What is known of two
/// of which that is not certain is asked for early.
void Backtracker::append_longest(std::string_view piece) {
  const char* const end = piece.data() + piece.size();
  for (const char* at = piece.data(); at != end;) {
    const TokenTrie::Match next = trie_->longest(at, end);
    if (!ids_.empty() && !bpe_->surely_stand(ids_.back(), next.id)) {
      __builtin_prefetch(&known(ids_.back(), next.id));
      doubtful_.push_back(ids_.size());
    }
    ids_.push_back(next.id);
    at = next.end;
  }
}

bool Backtracker::encode(std::string_view piece) {
  ids_.clear();
  doubtful_.clear();
  append_longest(piece);
  for (const size_t i : doubtful_) {
    if (!stand(ids_[i - 1], ids_[i])) return go_back(piece, i);
  }
  return true;
}

/// So many of the tokens stand, the next one does not.
bool Backtracker::go_back(std::string_view piece, size_t standing) {
  const auto size = static_cast<uint32_t>(piece.size());
  const char* const begin = piece.data();
  const char* const end = begin + size;
  uint32_t next = ids_[standing], at = 0;
  ids_.resize(standing);
  for (const uint32_t id : ids_) at += trie_->bytes(id);
  dead_.assign(size / 64 + 1, 0);
  uint32_t trials = size + 64;
  while (at < size) {
    const uint32_t behind = at + trie_->bytes(next);
    const bool dead = (dead_[behind / 64] >> behind % 64 & 1) != 0;
    if (!dead && (ids_.empty() || stand(ids_.back(), next))) {
      ids_.push_back(next);
      at = behind;
      if (at < size) next = trie_->longest(begin + at, end).id;
      continue;
    }
    if (--trials == 0) return false;
    next = trie_->shorter(next);
    if (next != no_id) continue;
    if (ids_.empty()) return false;
    dead_[at / 64] |= uint64_t{1} << at % 64;
    next = ids_.back();
    ids_.pop_back();
    at -= trie_->bytes(next);
  }
  return true;
}

}  // namespace corpusmill::tokenizer
