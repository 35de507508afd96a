// values: fields of rows as columns of the types they have, row by row. Coerces nothing.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jsonl/scan.hpp"

namespace corpusmill::jsonl {

/// What a row holds: nothing (no such field, or null), or a value of one of these kinds. `whole` is
/// a number without fraction and exponent that int64 holds, `real` any other number.
enum class Kind : uint8_t { none, boolean, whole, real, string, nested };

/// The kinds' stable names, in the order of their codes.
inline constexpr std::array<const char*, 6> kind_names = {"none", "boolean", "whole",
                                                          "real", "string",  "nested"};

/// A field of N rows; of the last three, only what is of that kind means something.
struct TypedValues {
  std::vector<uint8_t> kind;        ///< N codes of Kind
  std::vector<int64_t> whole;       ///< N; of booleans 0 and 1
  std::vector<double> real;         ///< N
  std::vector<int64_t> offsets{0};  ///< N + 1, as Arrow's large_string
  std::vector<uint8_t> text;        ///< of strings, unescaped
};

/// Where a field is: a name, and names inside of the objects there.
using Path = std::vector<std::string>;

/// The fields at these paths, of lines that `scan` found to be objects; of fields of one name the
/// last counts. O(bytes * the deepest path). Throws std::invalid_argument if a path is empty, or a
/// line is not inside the block or is no object.
std::vector<TypedValues> read_values(std::string_view block, std::span<const int64_t> offsets,
                                     std::span<const int64_t> lengths,
                                     const std::vector<Path>& paths);

}  // namespace corpusmill::jsonl
