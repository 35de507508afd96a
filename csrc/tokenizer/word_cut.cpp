// word_cut: eight bytes at a time are looked at for the first byte of a space.
#include "tokenizer/word_cut.hpp"

#include <bit>
#include <cstring>

#include "tokenizer/piece_normalizer.hpp"

namespace corpusmill::tokenizer {

namespace {

bool is_space(const char* at, const char* end) {
  return end - at >= 3 && std::memcmp(at, space_mark.data(), 3) == 0;
}

/// The next space from `at` on; `end` if there is none.
const char* find_space(const char* at, const char* end) {
  constexpr uint64_t ones = 0x0101010101010101u, first = 0xE2 * ones;
  while (end - at >= 8) {
    uint64_t eight;
    std::memcpy(&eight, at, 8);
    const uint64_t other = eight ^ first;
    const uint64_t found = (other - ones) & ~other & 0x80 * ones;  // its lowest bit is right
    if (found == 0) {
      at += 8;
      continue;
    }
    at += std::countr_zero(found) / 8;
    if (is_space(at, end)) return at;
    ++at;
  }
  while (at != end && !is_space(at, end)) ++at;
  return at;
}

}  // namespace

WordCut::WordCut(std::span<const std::string_view> pieces) {
  bool none_behind = true, none_before = true;  // a space behind, before something else in a piece
  for (const std::string_view piece : pieces) {
    const char* const end = piece.data() + piece.size();
    for (const char* at = piece.data(); (at = find_space(at, end)) != end; at += 3) {
      const bool first = at == piece.data();
      const bool after_space = !first && at - piece.data() >= 3 && is_space(at - 3, end);
      if (!first && !after_space) none_behind = false;
      if (after_space) keeps_runs_ = true;
      if (at + 3 != end && !is_space(at + 3, end)) none_before = false;
    }
  }
  where_ = none_behind ? Where::before : none_before ? Where::behind : Where::nowhere;
}

const char* WordCut::past_spaces(const char* at, const char* end) const {
  do at += 3;
  while (keeps_runs_ && is_space(at, end));
  return at;
}

const char* WordCut::operator()(const char* at, const char* end) const {
  if (where_ == Where::nowhere) return end;
  if (where_ == Where::before) {
    return find_space(is_space(at, end) ? past_spaces(at, end) : at, end);
  }
  const char* const space = find_space(at, end);
  return space == end ? end : past_spaces(space, end);
}

}  // namespace corpusmill::tokenizer
