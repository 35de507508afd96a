// replace: another value for a field of some lines. All else stays byte for byte.
#pragma once
#include <string>
#include <string_view>

#include "core/strings.hpp"

namespace corpusmill::jsonl {

/// Lines that each hold an object with the field `name` and end in '\n', with other values for it:
/// for line i the text values[i], as JSON writes it; a null leaves the line as it is. Of fields of
/// one name the last, which counts, is replaced. O(bytes). Throws std::invalid_argument if these
/// are not as many lines as values, or one that gets a value is no object or lacks the field.
std::string replace_field(std::string_view lines, const std::string& name, const Column& values);

}  // namespace corpusmill::jsonl
