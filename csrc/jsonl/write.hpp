// write: columns of a table to columns of JSON texts, from the innermost values out. Knows no
// types: numbers come as text already.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/strings.hpp"

namespace corpusmill::jsonl {

/// N texts, one behind the other; as Arrow's large_string.
struct JsonTexts {
  std::vector<int64_t> offsets{0};
  std::vector<uint8_t> data;
};

/// Each string in quotes, with no more escapes than JSON asks for; a null as null. O(bytes). Throws
/// std::invalid_argument for bytes that are not UTF-8.
JsonTexts write_strings(const Column& strings);

/// An object and `end` for each row: keys as JSON writes them, and columns of as many texts as
/// there are rows, of which nulls are null; null itself where `valid` is false. O(bytes). Throws
/// std::invalid_argument if columns differ in number or length.
JsonTexts write_objects(const std::vector<std::string>& keys,
                        const std::vector<const Column*>& values, std::span<const bool> valid,
                        std::string_view end);

/// An array for each row, of the texts from offsets[row] up to offsets[row + 1]; else the same.
JsonTexts write_arrays(std::span<const int64_t> offsets, const Column& items,
                       std::span<const bool> valid);

}  // namespace corpusmill::jsonl
