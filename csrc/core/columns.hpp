// columns: what can be said of a column of documents without reading a byte of it: which rows are
// null, and how long they are.
#pragma once
#include <cstdint>
#include <vector>

#include "core/strings.hpp"

namespace corpusmill {

/// Arrow validity bitmap over all rows; empty if no row is null.
std::vector<uint8_t> validity(const Column& docs);

/// UTF-8 bytes of each row, 0 for a null.
std::vector<int64_t> byte_lengths(const Column& docs);

}  // namespace corpusmill
