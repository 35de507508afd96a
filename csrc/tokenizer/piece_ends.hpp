// piece_ends: where pieces end, of the bits of a window at which the next ones begin.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace corpusmill::tokenizer {

/// Writes an end for each bit, counted from `window`, behind the first `num` ends; the last of
/// them, or `window` if there is no bit.
inline const char* append_ends(uint64_t begins, const char* window, std::span<const char*> ends,
                               size_t& num) {
  const char* last = window;
  for (; begins != 0; begins &= begins - 1) ends[num++] = last = window + std::countr_zero(begins);
  return last;
}

}  // namespace corpusmill::tokenizer
