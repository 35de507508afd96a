// columns: what can be said of a column of documents without reading a word of it: which rows are
// null, how long they are, and a hash of their bytes.
#pragma once
#include <cstdint>
#include <vector>

#include "core/hash.hpp"
#include "core/strings.hpp"

namespace corpusmill {

/// Arrow validity bitmap over all rows; empty if no row is null.
std::vector<uint8_t> validity(const Column& docs);

/// UTF-8 bytes of each row, 0 for a null.
std::vector<int64_t> byte_lengths(const Column& docs);

/// XXH3-128 of each row's bytes; a null's is zero.
std::vector<Hash128> content_hashes(const Column& docs, int threads);

}  // namespace corpusmill
