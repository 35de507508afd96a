// contamination_scan: documents looked up in an index of benchmarks: which texts are found, and
// where in the document. Decides nothing.
#pragma once
#include <cstdint>
#include <vector>

#include "core/strings.hpp"
#include "ngram/contamination.hpp"

namespace corpusmill::ngram {

/// What is found in a column of documents. A text is found in a document that holds one of its
/// n-grams, and, if the rule asks for a share, at least that share of its own words lies in such.
/// An n-gram names only the first max_texts of its texts as found.
struct Contamination {
  std::vector<int64_t> num_ngrams;  // per document; one of 0 < m < n words has one; null has none
  std::vector<int64_t> num_hits;    // of those n-grams, those of any text
  std::vector<int64_t> lists;       // per document its texts: from lists[i] to before lists[i + 1]
  std::vector<int64_t> text;        // ascending in a document
  std::vector<int64_t> covered;     // words of it that lie in n-grams of the document
  std::vector<int64_t> span_lists;  // per document where the n-grams of these texts lie in it:
  std::vector<int64_t> begin;       // bytes, half open, ascending, n-grams that touch or overlap
  std::vector<int64_t> end;         // taken as one

  // Of all documents together:
  std::vector<uint32_t> seen_text;     // named by an n-gram of any, found or not; ascending
  std::vector<uint32_t> seen_covered;  // the most of its words that one document covers
  std::vector<int64_t> shared;         // n-grams that do not name all their texts; ascending
};

/// O(bytes + n-grams found + texts). Memory per thread: 4 bytes for each text of the index, about
/// 24 for each n-gram found in a document and 12 for each place in a text that those of one
/// document have.
Contamination scan(const Column& docs, const ContaminationIndex& index, int threads);

/// The n-grams of texts that lie in documents, once for each document that holds one: how often a
/// number occurs is in how many.
std::vector<uint32_t> ngrams_by_document(const Column& docs, const ContaminationIndex& index,
                                         int threads);

}  // namespace corpusmill::ngram
