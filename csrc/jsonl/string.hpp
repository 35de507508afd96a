// string: one JSON string, validated and, if asked, unescaped.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "jsonl/cursor.hpp"

namespace corpusmill::jsonl {

// Both read from behind the opening quote to behind the closing one. It is no string if there is
// bad UTF-8, a raw control, an unknown escape, no closing quote, or half a surrogate pair, which
// sets cursor.lone_surrogate.

bool skip_string(Cursor& cursor);

/// Writes the string's UTF-8 to `out` and returns its end there, or null if this is no string. It
/// is never longer than as written; `out` must have room for all that is left of the block and
/// run_slack more.
uint8_t* unescape_string(Cursor& cursor, uint8_t* out);

/// The content of a string that has been read before, given between its quotes, which are there.
/// Unescapes into `scratch` if need be; the view is good until that or the block changes.
std::string_view unescaped(std::string_view written, std::vector<uint8_t>& scratch);

}  // namespace corpusmill::jsonl
