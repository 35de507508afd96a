// project: rows with some of their fields alone. Values stay as they are written.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace corpusmill::jsonl {

/// A field to be kept: its name, and the same as JSON writes it, in quotes.
struct Projected {
  std::string name;
  std::string written;
};

/// Lines that each hold an object and end in '\n', with these fields alone, in this order:
/// {"name":value,...}. Values byte for byte; of fields of one name the last counts; one that a row
/// lacks is left out of it. O(bytes). Throws std::invalid_argument if a line is no object.
std::string project(std::string_view lines, const std::vector<Projected>& fields);

}  // namespace corpusmill::jsonl
