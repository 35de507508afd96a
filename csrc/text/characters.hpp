// characters: byte offsets in documents as character offsets. A character is a code point or a byte
// that is no part of well-formed UTF-8.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/strings.hpp"

namespace corpusmill::text {

/// For row i, bytes[lists[i]] to before bytes[lists[i + 1]] are ascending byte offsets within its
/// document, each the beginning of a character or the end; gives for each the number of characters
/// before it. Throws std::invalid_argument naming the row if they are not. O(bytes).
std::vector<int64_t> character_offsets(const Column& docs, std::span<const int64_t> lists,
                                       std::span<const int64_t> bytes, int threads);

}  // namespace corpusmill::text
