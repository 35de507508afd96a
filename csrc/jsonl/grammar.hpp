// grammar: any JSON value, stepped over and validated. Keeps nothing of it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "jsonl/cursor.hpp"

namespace corpusmill::jsonl {

/// Reads `"key" :` and the white space around the colon; the key as written, between its quotes.
std::optional<std::string_view> read_key(Cursor& cursor);

/// Steps over one value, nested however deep: `open`, whose content is lost, holds one byte for
/// each container that is open. False, and the cursor somewhere before the line's end, if this is
/// no value.
bool skip_value(Cursor& cursor, std::string& open);

}  // namespace corpusmill::jsonl
