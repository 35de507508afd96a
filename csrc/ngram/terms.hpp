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

  /// Room for one thread's documents.
  struct Scratch {
    text::WordScratch words;
    std::vector<Word> pending;
    std::vector<uint32_t> wanted;  // those of pending whose numbers may matter
    bool within = false;           // whether a form may go on from the last unit to the next
    std::vector<uint32_t> units;   // none: in no form
    std::vector<uint64_t> places;  // units with which forms may begin
    std::vector<uint64_t> paragraph_starts;  // the units with which all but the first begin
    std::vector<char> padded;
    std::vector<TermHit> hits;
  };

  /// Calls sink(std::span<const TermHit>) for runs of units of the document: each term's hits come
  /// in the order of their units, those of different terms in any order. O(bytes + units * units of
  /// the longest form that begins there). Memory: 4 bytes a unit, and 8 where a form may begin.
  template <class Sink>
  void find(std::string_view document, Scratch& scratch, Sink&& sink) const {
    number_units(document, scratch);
    uint64_t paragraph = 0;
    for (size_t begin = 0; begin < scratch.places.size(); begin += run) {
      find_run(begin, paragraph, scratch);
      if (!scratch.hits.empty()) sink(std::span<const TermHit>(scratch.hits));
    }
  }

 private:
  static constexpr size_t batch = 1024;  // words looked up together
  static constexpr size_t run = 128;     // places from which forms are followed side by side
  static constexpr uint32_t none = 0xffffffffu;
  static constexpr uint32_t flag = 0x80000000u;

  /// A sequence of units with which a form begins.
  struct Node {
    uint32_t id = 0;         // flag: there are longer ones
    uint32_t output = none;  // the term whose form it is; with flag: the first of a list of them
  };
  struct Laying;
  struct Output {
    uint32_t term;
    uint32_t next;  // 0: no more
  };
  /// What follows on a node by one more unit.
  struct Edge {
    uint32_t from = 0;  // 0: this slot is free
    uint32_t unit = 0;
    Node to;
  };
  /// One way through the trie, as far as it is followed.
  struct Path {
    uint32_t lane;
    uint32_t node;
  };

  size_t slot_of(uint32_t from, uint32_t unit) const {
    return mix((uint64_t{from} << 32 | unit) ^ salt_) & (edges_.size() - 1);
  }
  Node child(uint32_t from, uint32_t unit) const {
    for (size_t at = slot_of(from, unit);; at = (at + 1) & (edges_.size() - 1)) {
      const Edge& edge = edges_[at];
      if (edge.from == 0 || (edge.from == from && edge.unit == unit)) return edge.to;
    }
  }
  void find_run(size_t begin, uint64_t& paragraph, Scratch& scratch) const;

  template <class Take>
  void for_each_unit(std::string_view document, Scratch& scratch, Take&& take) const;
  void number_units(std::string_view document, Scratch& scratch) const;
  void number_words(Scratch& scratch, bool last) const;
  void number_characters(std::string_view document, Scratch& scratch) const;
  void find_places(Scratch& scratch) const;
  uint64_t hash_of(uint32_t unit) const {
    return options_.words ? vocabulary_.hash(unit) : mix(unit);
  }
  void form_units(std::string_view form, Scratch& scratch, std::vector<uint32_t>& units);
  Node& node_of(std::span<const uint32_t> units, Laying& laying);
  void add_output(Node& node, uint32_t term);
  void lay_out(std::span<const Edge> edges);

  TermOptions options_;
  size_t num_terms_ = 0;
  bool several_forms_ = false;  // of one term
  Vocabulary vocabulary_;       // of words
  TermFilter filter_;
  TableVector<Node> roots_;      // by unit
  TableVector<Edge> edges_;      // by slot
  uint64_t salt_ = 0;            // of the slots
  std::vector<Output> outputs_;  // [0] is none
};

}  // namespace corpusmill::ngram
