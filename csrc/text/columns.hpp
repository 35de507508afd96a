// columns: words, normalisation and well-formedness of whole columns of documents. The answer does
// not depend on the number of threads.
#pragma once
#include <cstdint>
#include <vector>

#include "core/strings.hpp"
#include "text/normalize.hpp"

namespace corpusmill::text {

/// Strings end to end, as Arrow's large_string has them: string i is the bytes from offsets[i] to
/// before offsets[i + 1].
struct FlatStrings {
  std::vector<int64_t> offsets;
  std::vector<uint8_t> data;
};

/// Lists of strings, as Arrow's large_list<large_string> has them: list i holds the strings from
/// lists[i] to before lists[i + 1].
struct FlatLists {
  std::vector<int64_t> lists;
  FlatStrings strings;
};

/// The words of each document; none for a null. Memory: at most twice the result.
FlatLists words(const Column& docs, int threads);

/// Each document normalised; an empty string for a null. Memory: at most twice the result.
FlatStrings normalize(const Column& docs, const Normalization& options, int threads);

/// For each document 1 if all its bytes are well-formed UTF-8, else 0; 1 for a null.
std::vector<uint8_t> well_formed(const Column& docs);

}  // namespace corpusmill::text
