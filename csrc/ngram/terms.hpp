// terms: millions of terms, found in documents by their sequences of units. Counts nothing.
//
// A term has forms ("diabetes", "type 2 diabetes"). Found is every place at which a form's units
// stand one after the other, whatever lies between words; places may overlap. Exact: units are
// compared, hashes only say where to look. Oracle: tests/oracles_counting.py::term_hits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/hash.hpp"
#include "core/pages.hpp"
#include "core/strings.hpp"
#include "ngram/term_filter.hpp"
#include "ngram/term_table.hpp"
#include "ngram/vocabulary.hpp"
#include "text/words.hpp"

namespace corpusmill::ngram {

struct TermOptions {
  bool words = true;   // units are words; else characters, and terms are found within words too
  bool cased = false;  // else units are lower-cased, as words always are elsewhere
};

/// A term found in a document.
struct TermHit {
  uint32_t term;
  uint64_t unit;       // where it begins, in units of the document
  uint64_t paragraph;  // in which it begins: they are parted by lines of nothing but white space
};

/// A trie over numbered units. Fixed once made; many threads may search.
class Terms {
 public:
  static constexpr size_t longest = 256;  // units of a form

  /// Form i belongs to term_of[i]. Throws std::invalid_argument for a form without units or of more
  /// than `longest`. O(bytes).
  Terms(const Column& forms, std::span<const uint32_t> term_of, const TermOptions& options);

  size_t num_terms() const { return num_terms_; }
  /// Whether a term may be found twice at one unit.
  bool several_forms() const { return several_forms_; }

  /// Where forms may begin.
  struct Start {
    uint64_t unit;
    TermNode node;
  };

  /// Room for one thread's documents.
  struct Scratch {
    text::WordScratch words;
    std::vector<Word> pending = std::vector<Word>(batch + 1);
    size_t num_pending = 0;
    bool within = false;  // a form may go on from the last unit to the next
    // none: in no form, and behind the last; with flag: none goes on from its second unit or a
    // later one, if this is it, to the next.
    std::vector<uint32_t> units;
    std::vector<Start> starts;               // ascending
    std::vector<uint64_t> paragraph_starts;  // the units with which all but the first begin
    std::vector<char> padded;
    std::vector<TermHit> hits;
  };

  /// Calls sink(std::span<const TermHit>) for runs of units of the document: each term's hits come
  /// in the order of their units, those of different terms in any order. O(bytes + units * units of
  /// the longest form that begins there). Memory: 4 bytes a unit, and 16 where a form may begin.
  template <class Sink>
  void find(std::string_view document, Scratch& scratch, Sink&& sink) const {
    number_units(document, scratch);
    uint64_t paragraph = 0;
    for (size_t begin = 0; begin < scratch.starts.size(); begin += run) {
      find_run(begin, paragraph, scratch);
      if (!scratch.hits.empty()) sink(std::span<const TermHit>(scratch.hits));
    }
  }

 private:
  static constexpr size_t batch = 1024;  // words looked up together
  static constexpr size_t run = 128;     // places from which forms are followed side by side
  static constexpr uint32_t none = TermNode::none;
  static constexpr uint32_t flag = TermNode::flag;

  struct Laying;
  struct Output {
    uint32_t term;
    uint32_t next;  // 0: no more
  };
  void find_run(size_t begin, uint64_t& paragraph, Scratch& scratch) const;

  template <class Take>
  void for_each_unit(std::string_view document, Scratch& scratch, Take&& take) const;
  void number_units(std::string_view document, Scratch& scratch) const;
  void number_words(Scratch& scratch, bool last) const;
  void number_characters(std::string_view document, Scratch& scratch) const;
  void find_starts(Scratch& scratch) const;
  void add_listed(TermHit hit, std::vector<TermHit>& hits) const;
  void form_units(std::string_view form, Scratch& scratch, Laying& laying);
  TermNode& node_of(std::span<const uint32_t> units, Laying& laying);
  void add_output(TermNode& node, uint32_t term);
  void lay_out_words(const Laying& laying);

  TermOptions options_;
  size_t num_terms_ = 0;
  bool several_forms_ = false;  // of one term
  TermFilter filter_;
  TermWords words_;
  Vocabulary long_words_;        // numbers that stand for them in words_
  TableVector<TermNode> roots_;  // by unit, unless these are words
  TermSteps steps_;
  std::vector<Output> outputs_;  // [0] is none
};

}  // namespace corpusmill::ngram
