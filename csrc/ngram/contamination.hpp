// contamination: an index over the texts of benchmarks, to find them in documents. Says which
// n-grams are whose; contamination_scan.hpp looks documents up. Oracle:
// tests/oracles_contamination.py.
//
// A text is what one field of one item holds. Its n-grams are those of its words; a text of fewer
// than n words, but at least min_words, has one, of all its words; a shorter one has none. With a
// quantile, n is taken from the lengths of the texts that are added together, and a text of fewer
// words has none. Where shares count (threshold > 0) an n-gram of more than max_texts texts is
// nobody's; where one n-gram is enough it is of all of them, but a document names only the first.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/strings.hpp"
#include "ngram/contamination_words.hpp"
#include "ngram/hash_set.hpp"

namespace corpusmill::ngram {

struct ContaminationRule {
  size_t n = 8;
  size_t min_words = 8;  // at most n; of the shortest texts that are looked for
  WordForm form = WordForm::words;
  bool joined = false;   // words with only punctuation between them are also taken as one
  double threshold = 0;  // share of a text's words that makes it found; 0: one n-gram does
  double quantile = 0;   // above 0: n is that of the lengths, at least min_words, at most n
};

/// Where an n-gram lies in a text: `length` words from word `at` on.
struct NgramPlace {
  uint32_t text;
  uint32_t at;
  uint32_t length;
  friend auto operator<=>(const NgramPlace&, const NgramPlace&) = default;
};

class ContaminationIndex {
 public:
  static constexpr size_t max_texts = 64;

  explicit ContaminationIndex(const ContaminationRule& rule);

  /// Adds texts, which are numbered on; a null has no words, and one without words no length.
  /// Throws std::invalid_argument beyond 2**32 - 2 texts or words of one.
  void add(const Column& texts);

  /// Makes the index of all that was added; nothing can be added any more.
  void build();

  /// After build: these n-grams are no text's any more.
  void ignore(std::span<const int64_t> ngrams);

  const ContaminationRule& rule() const { return rule_; }
  size_t num_bytes() const;
  size_t num_ngrams() const { return ngrams_.size(); }

  /// Of each text: its words, and how many of them lie in n-grams that are its own. A text of which
  /// none does cannot be found.
  std::span<const uint32_t> num_words() const { return num_words_; }
  std::span<const uint32_t> num_own() const { return num_own_; }

  const HashSet& ngrams() const { return ngrams_; }

  /// Where an n-gram lies in texts, ascending; and of these places those in its first max_texts.
  std::span<const NgramPlace> places(size_t ngram) const {
    return std::span(places_).subspan(first_[ngram], first_[ngram + 1] - first_[ngram]);
  }
  std::span<const NgramPlace> named_places(size_t ngram) const;

  /// Of each text, the most of its words that one place of these n-grams has; 0: they have none.
  /// Throws std::out_of_range for what is no n-gram's number.
  std::vector<uint32_t> longest_places(std::span<const int64_t> ngrams) const;

  /// The first min_words words of n-grams of fewer than n, and by their numbers a bit for each
  /// length of such n-grams: bit k for min_words + k words.
  const HashSet& openings() const { return openings_; }
  uint64_t lengths(size_t opening) const { return lengths_[opening]; }

 private:
  struct Entry {
    uint64_t hash;
    NgramPlace place;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  struct Opening {
    uint64_t hash;
    uint64_t lengths;
  };

  size_t n_of(const Column& texts);
  void add_text(std::string_view text);
  void join_words(std::string_view text, bool ascii_only);
  void add_words(std::span<const uint64_t> words, std::span<const uint32_t> starts);
  void add_openings(std::span<const uint64_t> words, size_t n);
  void build_openings();
  void count_own();

  ContaminationRule rule_;
  size_t n_;  // of the texts that are being added
  std::vector<Entry> entries_;
  std::vector<Opening> opened_;
  std::vector<uint32_t> num_words_, num_own_;
  HashSet ngrams_, openings_;
  std::vector<uint32_t> first_;
  std::vector<NgramPlace> places_;
  std::vector<uint64_t> lengths_;
  WordHasher hasher_;
  text::WordScratch scratch_;
  std::vector<uint64_t> words_, joined_, windows_;
  std::vector<uint32_t> starts_, joined_starts_;
};

}  // namespace corpusmill::ngram
