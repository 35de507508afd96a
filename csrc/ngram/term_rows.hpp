// term_rows: documents with the terms or pairs that each holds, and how often, as columns. Finds
// none.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace corpusmill::ngram {

/// Entry i: document row[i] holds what[i], the number of a term or pair; counts[k][i] says how
/// often it does so in the k-th of several ways. By rows, then by numbers.
class TermRows {
 public:
  explicit TermRows(size_t num_counts = 0) : counts(num_counts) {}

  void add(int64_t of_row, uint32_t of_what, std::span<const int64_t> of_counts) {
    row.push_back(of_row);
    what.push_back(of_what);
    for (size_t k = 0; k < counts.size(); ++k) counts[k].push_back(of_counts[k]);
  }

  void append(const TermRows& more) {
    append(row, more.row);
    append(what, more.what);
    for (size_t k = 0; k < counts.size(); ++k) append(counts[k], more.counts[k]);
  }

  void clear() {
    row.clear();
    what.clear();
    for (auto& of_kind : counts) of_kind.clear();
  }

  std::vector<int64_t> row;
  std::vector<uint32_t> what;
  std::vector<std::vector<int64_t>> counts;

 private:
  template <class T>
  static void append(std::vector<T>& all, const std::vector<T>& more) {
    all.insert(all.end(), more.begin(), more.end());
  }
};

}  // namespace corpusmill::ngram
