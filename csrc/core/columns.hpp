// columns: which rows of a column of documents are null, how long they are, and some of them laid
// together. Looks into no text.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/strings.hpp"

namespace corpusmill {

/// Arrow validity bitmap over all rows; empty if no row is null.
std::vector<uint8_t> validity(const Column& docs);

/// UTF-8 bytes of each row, 0 for a null.
std::vector<int64_t> byte_lengths(const Column& docs);

/// Where each of these rows begins, laid one behind the other, and where the last ends. Throws
/// std::invalid_argument if one is not there.
std::vector<int64_t> offsets_of(const Column& docs, std::span<const int64_t> rows);

/// Lays them so. O(bytes + rows log chunks).
void gather(const Column& docs, std::span<const int64_t> rows, char* out);

}  // namespace corpusmill
