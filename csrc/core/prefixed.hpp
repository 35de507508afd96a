// prefixed: strings one behind the other, each behind its length in four bytes, low ones first: a
// page of plain strings of Parquet. Believes no length further than the bytes go.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace corpusmill {

/// The largest of the lengths; of a damaged page it may be any. O(strings).
inline uint32_t longest_prefixed(std::string_view page) {
  constexpr size_t prefix = 4;
  uint32_t longest = 0;
  while (page.size() >= prefix) {
    uint32_t length = 0;
    for (size_t i = 0; i < prefix; ++i) {
      length |= static_cast<uint32_t>(static_cast<uint8_t>(page[i])) << (8 * i);
    }
    longest = std::max(longest, length);
    page.remove_prefix(prefix);
    page.remove_prefix(std::min<size_t>(length, page.size()));
  }
  return longest;
}

}  // namespace corpusmill
