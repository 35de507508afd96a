// fields: which fields the objects of some lines have, and of which JSON types. Looks at the
// outermost object only.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corpusmill::jsonl {

/// The types of JSON values, and their stable names in the order of their codes.
inline constexpr std::array<const char*, 6> type_names = {"null",   "boolean", "number",
                                                          "string", "array",   "object"};

/// A field's name, unescaped, and how many rows have it with a value of each type.
struct Field {
  std::string name;
  std::array<int64_t, type_names.size()> rows{};
};

struct FieldCounts {
  std::vector<Field> fields;  ///< in the order of the bytes of their names
  int64_t num_values = 0;     ///< rows by all fields, those left out too
};

/// Counts the fields of lines that `scan` found to be objects; of equal keys of a row the last
/// counts. At most `most` fields are returned, those whose names come first: so what is returned of
/// many blocks can be merged and cut again, in any order, and stays exact. O(bytes).
/// Throws std::invalid_argument if a line is not inside the block or is no object.
FieldCounts count_fields(std::string_view block, std::span<const int64_t> offsets,
                         std::span<const int64_t> lengths, size_t most);

}  // namespace corpusmill::jsonl
