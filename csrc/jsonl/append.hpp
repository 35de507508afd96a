// append: one more field for the objects of some lines. Parses nothing: the lines are known to be
// objects.
#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "core/strings.hpp"

namespace corpusmill::jsonl {

/// Where a line gets its field: at its closing brace; `first` if the object had none.
struct Place {
  size_t at;
  bool first;
};

/// The places in lines that each hold an object and end in '\n'. Throws std::invalid_argument if
/// these are not `count` lines, or one of them does not end in an object.
std::vector<Place> closing_braces(std::string_view lines, size_t count);

/// The lines' new field: its key and a value for each line, as JSON writes them; a null is `null`.
struct NewField {
  std::string_view key;
  const Column& values;
};

/// Bytes that append_field writes.
size_t appended_size(std::string_view lines, std::span<const Place> places, const NewField& field);

/// Writes the lines, the field behind all others of each; all else stays byte for byte.
void append_field(std::string_view lines, std::span<const Place> places, const NewField& field,
                  char* out);

}  // namespace corpusmill::jsonl
