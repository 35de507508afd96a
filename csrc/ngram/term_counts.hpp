// term_counts: in how many documents and paragraphs terms and pairs of terms occur, and how often;
// if asked, in which documents. Finds no terms.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/pages.hpp"
#include "core/pool.hpp"
#include "core/strings.hpp"
#include "ngram/term_rows.hpp"
#include "ngram/terms.hpp"

namespace corpusmill::ngram {

/// Two different terms.
struct TermPair {
  uint32_t left;
  uint32_t right;
};

struct TermCountOptions {
  std::vector<TermPair> pairs;
  std::vector<uint64_t> windows;  // units that may lie between the beginnings of two terms, plus 1
  bool rows = false;              // whether the terms and pairs of each document are listed
};

/// Per term: occurrences, of which two forms that begin at one unit are one; documents, paragraphs.
/// Per pair: documents and paragraphs with both, and per window how many pairs of occurrences begin
/// at most so many units apart.
struct TermCounts {
  TableVector<int64_t> occurrences, documents, paragraphs;
  std::vector<int64_t> pair_documents, pair_paragraphs;
  std::vector<std::vector<int64_t>> pair_windows;
};

/// The same of each document by itself, where it is not 0: of a term its occurrences and
/// paragraphs, of a pair its paragraphs and what is within each window.
struct ListedTerms {
  TermRows terms, pairs;
};

class TermCounter {
 public:
  /// Terms must outlive it. Memory: 32 bytes a term, 40 where one has several forms, and 16 + 8 per
  /// window a pair, for each thread.
  TermCounter(const Terms& terms, TermCountOptions options, int threads);
  ~TermCounter();

  /// A null has no terms. As many threads as said may add at once. Besides finding terms:
  /// O(hits * log hits) a document, and for the pairs of its terms the rarer one's occurrences,
  /// each with a search among the other's. Gives what these documents hold, if rows are listed.
  ListedTerms add(const Column& docs, int threads);

  TermCounts counts() const;

 private:
  struct Worker;

  void add_document(std::string_view document, int64_t row, Worker& worker) const;
  /// `before`: the last place of the documents before.
  void add_hit(const TermHit& hit, uint64_t before, Worker& worker) const;
  static void group_hits(Worker& worker);
  void find_pairs(Worker& worker) const;
  void add_pair(uint32_t pair, std::span<const TermHit> left, std::span<const TermHit> right,
                int64_t row, Worker& worker) const;
  ListedTerms none_listed() const;

  const Terms* terms_;
  TermCountOptions options_;
  std::vector<uint32_t> order_;   // of pairs, by left, then by right
  std::vector<uint32_t> firsts_;  // per term: where in order_ the pairs begin of which it is left
  std::vector<bool> in_a_pair_;   // per term
  Pool<Worker> workers_;
};

}  // namespace corpusmill::ngram
