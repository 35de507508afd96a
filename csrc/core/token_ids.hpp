// token_ids: rows of lists of integers, seen as bytes (strings.hpp), as the ids they are.
#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

namespace corpusmill {

/// How ids lie in a row, whose bytes they are.
struct TokenType {
  uint8_t bytes = 4;  // 1, 2, 4 or 8
  bool is_signed = false;
};

template <class Id, class Take>
void for_each_id(std::string_view row, Take&& take) {
  for (size_t at = 0; at < row.size(); at += sizeof(Id)) {
    Id id;
    std::memcpy(&id, row.data() + at, sizeof id);
    take(static_cast<uint64_t>(id));  // a negative one modulo 2**64
  }
}

/// Calls take(uint64_t) for each id of a row, in order.
template <class Take>
void for_each_token_id(std::string_view row, TokenType type, Take&& take) {
  switch (type.bytes * 2 + type.is_signed) {
    case 2: return for_each_id<uint8_t>(row, take);
    case 3: return for_each_id<int8_t>(row, take);
    case 4: return for_each_id<uint16_t>(row, take);
    case 5: return for_each_id<int16_t>(row, take);
    case 8: return for_each_id<uint32_t>(row, take);
    case 9: return for_each_id<int32_t>(row, take);
    default: return for_each_id<uint64_t>(row, take);
  }
}

}  // namespace corpusmill
