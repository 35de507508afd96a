// number: JSON's numbers. Those a double cannot hold, such as 1e309, are none, as in orjson.
#pragma once
#include <string_view>

#include "jsonl/cursor.hpp"

namespace corpusmill::jsonl {

/// Steps over a number; false, and the cursor anywhere, if there is none.
bool skip_number(Cursor& cursor);

/// The double nearest to a number in JSON's grammar; infinite where that is out of range.
double number_value(std::string_view json);

}  // namespace corpusmill::jsonl
