// columns: words and their places, normalisation, counts and well-formedness of whole columns of
// documents, over several threads. The answer does not depend on how many.
#pragma once
#include <cstdint>
#include <span>
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

/// Places in documents, as Arrow's large_list of structs has them: list i holds the spans from
/// lists[i] to before lists[i + 1]; span k is the bytes of its document from begin[k] to before
/// end[k].
struct Spans {
  std::vector<int64_t> lists;
  std::vector<int64_t> begin;
  std::vector<int64_t> end;
};

/// Where the words of each document stand in it; none for a null. Memory: at most twice the result.
Spans word_spans(const Column& docs, int threads);

/// For each of the spans, which are ascending and apart, of a list for each document: 1 if at least
/// so many of its words lie in it whole, else 0.
std::vector<uint8_t> hold_words(const Column& docs, std::span<const int64_t> lists,
                                std::span<const int64_t> begin, std::span<const int64_t> end,
                                size_t least, int threads);

/// Each document normalised; an empty string for a null. Memory: at most twice the result.
FlatStrings normalize(const Column& docs, const Normalization& options, int threads);

/// What is counted of a column: per document its characters (code points and invalid bytes) and its
/// words, 0 for a null; and the letters of all documents by script, as add_letters numbers them.
struct Counts {
  std::vector<int64_t> characters;
  std::vector<int64_t> words;
  std::vector<int64_t> letters;
};

Counts counts(const Column& docs, int threads);

/// For each document 1 if all its bytes are well-formed UTF-8, else 0; 1 for a null.
std::vector<uint8_t> well_formed(const Column& docs);

}  // namespace corpusmill::text
