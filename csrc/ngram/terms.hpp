// terms: millions of terms, found in documents by their sequences of units. Counts nothing.
//
// A term has forms ("diabetes", "type 2 diabetes"). Found is every place at which a form's units
// stand one after the other, whatever lies between words; places may overlap. Exact: units are
// compared, hashes only say where to look. Oracle: tests/oracles_counting.py::term_hits.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/slot_table.hpp"
#include "core/strings.hpp"
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

  /// Room for one thread's documents.
  struct Scratch {
    text::WordScratch words;
    std::vector<Word> pending;
    std::vector<uint32_t> units;
    std::vector<uint64_t> paragraph_starts;  // the units with which all but the first begin
    std::vector<char> padded;
  };

  /// Calls sink(TermHit) for each, by unit; those at one unit from the shortest form to the
  /// longest. O(bytes + units * units of the longest form that begins there). Memory: 4 bytes a
  /// unit.
  template <class Sink>
  void find(std::string_view document, Scratch& scratch, Sink&& sink) const {
    number_units(document, scratch);
    const std::vector<uint32_t>& units = scratch.units;
    uint64_t paragraph = 0;
    for (size_t i = 0; i < units.size(); ++i) {
      while (paragraph < scratch.paragraph_starts.size() &&
             scratch.paragraph_starts[paragraph] <= i) {
        ++paragraph;
      }
      if (units[i] == Vocabulary::none) continue;
      uint32_t node = roots_[units[i]];
      for (size_t next = i + 1; node != 0; ++next) {
        for (uint32_t out = nodes_[node].output; out != 0; out = outputs_[out].next) {
          sink(TermHit{outputs_[out].term, i, paragraph});
        }
        if (!nodes_[node].has_children || next == units.size()) break;
        node = units[next] == Vocabulary::none ? 0 : child(node, units[next]);
      }
    }
  }

 private:
  struct Node {
    uint32_t output = 0;
    bool has_children = false;
  };
  struct Output {
    uint32_t term;
    uint32_t next;
  };
  struct Edge {
    uint32_t from;
    uint32_t unit;
    uint32_t to;
    uint64_t hash() const { return mix(uint64_t{from} << 32 | unit); }
  };

  uint32_t child(uint32_t node, uint32_t unit) const {
    const Edge edge{node, unit, 0};
    const uint32_t found = edges_at_.find(
        edge.hash(), [&](uint32_t i) { return edges_[i].from == node && edges_[i].unit == unit; });
    return found == SlotTable::none ? 0 : edges_[found].to;
  }

  template <class Take>
  void for_each_unit(std::string_view document, Scratch& scratch, Take&& take) const;
  void number_units(std::string_view document, Scratch& scratch) const;
  void look_up(Scratch& scratch) const;
  void add(std::span<const uint32_t> units, uint32_t term);
  uint32_t add_child(uint32_t node, uint32_t unit);
  uint32_t new_node();

  TermOptions options_;
  size_t num_terms_ = 0;
  Vocabulary vocabulary_;  // of words
  std::vector<uint32_t>
      roots_;                // by unit: the node of the forms that begin with it, 0 if none does
  std::vector<Node> nodes_;  // [0] is none
  std::vector<Output> outputs_;  // [0] is none
  std::vector<Edge> edges_;
  SlotTable edges_at_;
};

}  // namespace corpusmill::ngram
