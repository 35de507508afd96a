// counting: how often each n-gram occurs in documents that come by and by, exactly, in bounded
// memory. An n-gram is n consecutive units of a document; one of fewer units has none. Writes no
// files of results.
//
// Exact: words are numbered by a vocabulary that compares their bytes, and n-grams are counted as
// sequences of those numbers; hashes only say where to look. Oracle: tests/oracles_counting.py.
#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "core/pool.hpp"
#include "core/scratch.hpp"
#include "core/strings.hpp"
#include "ngram/gram_parts.hpp"
#include "ngram/grams.hpp"
#include "ngram/unit_stream.hpp"

namespace corpusmill::ngram {

struct CountOptions {
  std::vector<size_t> orders;  // the n of n-grams to be counted, each from 1 to GramParts::longest
  Unit unit = Unit::word;
  size_t expected_bytes = SIZE_MAX;  // about how much will come; decides nothing but speed
  Room room;                         // the vocabulary may have half of its memory
  std::string kept_as;  // name of a file in room.folder that stays; "": none, nothing can be saved
  TokenType tokens{};   // of unit token: how ids, which are below 2**32, lie in a document
};

class GramCounter {
 public:
  /// As many threads may add at once in all, each with its share of the memory.
  GramCounter(CountOptions options, int threads);

  /// Documents, of which nulls have no n-grams. O(bytes * orders); as each n-gram is held as n + 1
  /// numbers, n counts too. Throws std::length_error if the vocabulary outgrows its memory.
  void add(const Column& docs, int threads);

  /// Where in the file that stays all lies that was counted so far, for go_on; nobody adds
  /// meanwhile. What is held is written out, by the counter's threads. O(what is held), and 32
  /// bytes of memory for each piece ever written.
  std::vector<uint64_t> save();
  /// What was saved is on the disk.
  void sync() const { scratch_.sync(); }
  /// Instead of adding those documents, to a counter of the same orders and unit whose file is that
  /// one. False, and the counter as it was, if its words are not what they were, or there is less
  /// memory than the parts need. Reads the words alone: n-grams that are not what they were show
  /// when they are counted, by FileError of EBADMSG.
  bool go_on(std::span<const uint64_t> saved);

  /// How many n-grams of orders[order] there were.
  uint64_t total(size_t order) const;

  // After all is added:

  /// N-grams of at least min_count, by definition 1's hash, then by text: those of part after part.
  size_t num_parts() const { return num_parts_; }
  Grams part(size_t order, size_t part, uint64_t min_count) const;
  Grams all(size_t order, uint64_t min_count) const;

  /// The k of the largest score among the n-grams of some parts, of those that come min_count
  /// times and whose score is not below `least`: best first, then by text.
  struct Wanted {
    size_t k;
    uint64_t min_count;
    size_t first_part, end_part;
    double least = -std::numeric_limits<double>::infinity();
  };

  /// By how often they come.
  Grams top(size_t order, const Wanted& wanted) const;

  /// How often each unit comes, by its number; orders[0] must be 1, and units be no tokens.
  std::vector<uint64_t> unit_counts() const;
  /// By the t-statistic: (p - q) / sqrt(p * (1 - p) / N), where p is the n-gram's share of the N
  /// n-grams of its order and q the product of its units' shares of all units, which come so often.
  /// Where p is 1 it is 0. Source: ERNIE-Gram (Xiao et al. 2021).
  Grams lexicon(size_t order, const Wanted& wanted, std::span<const uint64_t> units) const;

 private:
  struct Worker {
    UnitStream units;
    std::vector<GramParts> parts;  // per order
    std::vector<uint64_t> totals;  // n-grams per order
  };

  struct Saved;
  struct WordExtent {
    uint64_t offset, size, hash;
  };

  void make_parts(Worker& worker);
  void save_words();
  bool go_on(const Saved& saved);
  bool read_words(const std::vector<WordExtent>& extents, Vocabulary& words) const;

  /// Bytes of n-grams that one thread may hold now of each order.
  size_t share() const;
  void take_run(Worker& worker, const UnitStream::Run& run, std::vector<uint64_t>& keys) const;

  /// What one thread counts a part with.
  struct Counting {
    explicit Counting(size_t n) : tally(n) {}
    GramTally tally;
    std::array<std::vector<std::byte>, 3> copies;  // by form, of records that do not lie elsewhere
    std::vector<GramBlock> blocks;
  };

  /// Some of the rows of a result: their texts, where in those each ends, and their counts.
  struct Rows {
    std::string texts;
    std::vector<int64_t> ends;
    std::vector<int64_t> counts;
  };

  using Score = std::function<double(const uint32_t* gram, uint64_t count)>;
  using Take = std::function<void(const GramTable&)>;
  /// Calls take with a table that holds the n-grams of a part, of which those that are rarer
  /// than min_count may be missing: once, or for slice after slice.
  void count_part(size_t order, size_t part, uint64_t min_count, Counting& counting,
                  const Take& take) const;
  void gather(size_t order, size_t part, size_t slice, size_t slices, Counting& counting) const;
  void part_in(Counting& counting, size_t order, size_t part, uint64_t min_count, Rows& rows) const;
  uint64_t key(const uint32_t* gram, size_t n) const;
  void append_text(const uint32_t* gram, size_t n, std::string& out) const;
  void append_words(const uint32_t* gram, size_t n, std::string& out) const;
  std::vector<uint32_t> in_order(const GramTable& table, size_t order, uint64_t min_count) const;
  void sort_rows(const GramTable& table, size_t order, std::span<uint32_t> rows) const;
  void append_sorted(const GramTable& table, size_t order, uint64_t min_count, Rows& out) const;
  static void append(const Rows& rows, Grams& out);
  Grams ranked(size_t order, const Wanted& wanted, const Score& score) const;

  CountOptions options_;
  int threads_;
  size_t num_parts_ = 0;
  ScratchFile scratch_;
  mutable SharedVocabulary vocabulary_;
  std::vector<WordExtent> saved_words_;
  size_t num_saved_words_ = 0;
  Pool<Worker> workers_;
};

}  // namespace corpusmill::ngram
