// terms: units of a text as words or characters, numbered; forms laid into the trie.
#include "ngram/terms.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/slot_table.hpp"
#include "text/pieces.hpp"
#include "text/unicode_tables.hpp"
#include "text/utf8.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t batch = 1024;  // words looked up together
constexpr size_t ahead = 12;    // words between the wish for a slot and its use
constexpr size_t readable_after_word = 16;

uint32_t lowered(char32_t code) {
  if (code < 0x80) return code - U'A' < 26 ? code | 0x20 : code;
  if (code > text::last_code_point) return code;
  return static_cast<uint32_t>(static_cast<int32_t>(code) +
                               text::property_record[text::property_number(code)].to_lower);
}

}  // namespace

// Calls take(Word, bytes) or take(code), and paragraph() before the first unit of another one.
template <class Take>
void Terms::for_each_unit(std::string_view document, Scratch& scratch, Take&& take) const {
  size_t last = 0;  // where the word before ends
  text::for_each_word_span(
      document, scratch.words, [&](const char* word, size_t size, size_t begin, size_t end) {
        if (begin - last > 1 && text::has_blank_line(document.substr(last, begin - last))) {
          scratch.paragraph_starts.push_back(scratch.units.size() + scratch.pending.size());
        }
        last = end;
        if (options_.cased) {
          size = end - begin;
          word = document.data() + begin;
          if (document.size() - end < readable_after_word) {
            scratch.padded.resize(size + readable_after_word);
            word = static_cast<const char*>(std::memcpy(scratch.padded.data(), word, size));
          }
        }
        take(Word::of(word, size), std::string_view(word, size));
      });
}

// What a long word is, is looked up while it can be seen; its number then stands in its place.
void Terms::number_units(std::string_view document, Scratch& scratch) const {
  scratch.units.clear();
  scratch.paragraph_starts.clear();
  if (!options_.words) {
    text::BlankLine blank_line;
    bool parted = false;
    const char* const end = document.data() + document.size();
    for (const char* at = document.data(); at < end;) {
      const text::Decoded next = text::decode(at, end);
      const bool ends_blank = blank_line(*at);
      parted |= ends_blank && !scratch.units.empty();
      if (parted && !text::is_blank(*at)) {
        scratch.paragraph_starts.push_back(scratch.units.size());
        parted = false;
      }
      scratch.units.push_back(options_.cased ? next.code : lowered(next.code));
      at += next.size;
    }
    return;
  }
  scratch.pending.clear();
  for_each_unit(document, scratch, [&](Word word, std::string_view bytes) {
    if (word.is_long()) word.half[0] = vocabulary_.find(word, bytes);
    scratch.pending.push_back(word);
    if (scratch.pending.size() == batch) look_up(scratch);
  });
  look_up(scratch);
}

// What will be asked for is wished for in time: a word's slot, then its entry and its root.
void Terms::look_up(Scratch& scratch) const {
  const std::vector<Word>& words = scratch.pending;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i + 2 * ahead < words.size()) vocabulary_.prefetch(words[i + 2 * ahead]);
    if (i + ahead < words.size()) vocabulary_.prefetch_entry(words[i + ahead]);
    scratch.units.push_back(words[i].is_long() ? static_cast<uint32_t>(words[i].half[0])
                                               : vocabulary_.find(words[i], {}));
  }
  scratch.pending.clear();
}

// All ways from the units of a run are followed unit by unit, so that the memory they need is
// fetched for many at once.
void Terms::find_run(size_t begin, uint64_t& paragraph, Scratch& scratch) const {
  const std::vector<uint32_t>& units = scratch.units;
  const auto& starts = scratch.paragraph_starts;
  auto& hits = scratch.hits;
  hits.clear();
  uint64_t paragraphs[run];
  Path paths[run];
  size_t num_paths = 0;
  const auto reach = [&](const Node& node, uint32_t lane, size_t next) {
    if (node.output != none) {
      const TermHit hit{node.output, begin + lane, paragraphs[lane]};
      if ((node.output & flag) == 0) hits.push_back(hit);
      for (uint32_t out = (node.output & flag) == 0 ? 0 : node.output ^ flag; out != 0;) {
        hits.push_back({outputs_[out].term, hit.unit, hit.paragraph});
        out = outputs_[out].next;
      }
    }
    if ((node.id & flag) == 0 || next == units.size() || units[next] == none) return;
    paths[num_paths++] = {lane, node.id};
    __builtin_prefetch(&edges_[slot_of(node.id, units[next])]);
  };
  const size_t lanes = std::min(run, units.size() - begin);
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    const size_t at = begin + lane;
    if (at + ahead < units.size() && units[at + ahead] != none) {
      __builtin_prefetch(&roots_[units[at + ahead]]);
    }
    while (paragraph < starts.size() && starts[paragraph] <= at) ++paragraph;
    paragraphs[lane] = paragraph;
    if (units[at] != none) reach(roots_[units[at]], lane, at + 1);
  }
  for (size_t depth = 1; num_paths > 0; ++depth) {
    const size_t followed = std::exchange(num_paths, 0);
    for (size_t i = 0; i < followed; ++i) {
      const Path path = paths[i];
      const size_t at = begin + path.lane + depth;
      reach(child(path.node, units[at]), path.lane, at + 1);
    }
  }
  if (several_forms_) {
    std::sort(hits.begin(), hits.end(),
              [](const TermHit& a, const TermHit& b) { return a.unit < b.unit; });
  }
}

Terms::Terms(const Column& forms, std::span<const uint32_t> term_of, const TermOptions& options)
    : options_(options), outputs_(1) {
  if (!options_.words) roots_.resize(text::invalid_byte(0xFF) + size_t{1});
  Scratch scratch;
  std::vector<uint32_t> units;
  std::vector<Edge> edges;
  SlotTable places;  // of edges
  const auto hash = [](const Edge& edge) { return mix(uint64_t{edge.from} << 32 | edge.unit); };
  uint32_t num_nodes = 0;
  for (size_t i = 0; i < forms.size(); ++i) {
    form_units(forms[i], scratch, units);
    Node* node = &roots_[units[0]];
    if (node->id == 0) node->id = ++num_nodes;
    for (const uint32_t unit : std::span(units).subspan(1)) {
      node->id |= flag;
      const Edge edge{node->id, unit, {}};
      const uint32_t at = places.find_or_add(
          hash(edge),
          [&](uint32_t e) { return edges[e].from == edge.from && edges[e].unit == unit; },
          [&](uint32_t e) { return hash(e < edges.size() ? edges[e] : edge); });
      if (at == edges.size()) {
        edges.push_back({edge.from, unit, {++num_nodes, none}});
        if (num_nodes == flag - 1) throw std::length_error("terms: more than 2**31 units");
      }
      node = &edges[at].to;
    }
    add_output(*node, term_of[i]);
    several_forms_ |= i > 0 && term_of[i] == term_of[i - 1];
    num_terms_ = std::max<size_t>(num_terms_, size_t{term_of[i]} + 1);
  }
  lay_out(edges);
}

void Terms::form_units(std::string_view form, Scratch& scratch, std::vector<uint32_t>& units) {
  if (options_.words) {
    units.clear();
    for_each_unit(form, scratch, [&](const Word& word, std::string_view bytes) {
      units.push_back(vocabulary_.add(word, bytes));
    });
    roots_.resize(vocabulary_.size());
  } else {
    number_units(form, scratch);
    units = scratch.units;
  }
  if (!units.empty() && units.size() <= longest) return;
  throw std::invalid_argument("terms: expected 1 to " + std::to_string(longest) + " " +
                              (options_.words ? "words" : "characters") + " each, got " +
                              std::to_string(units.size()) + " in '" +
                              std::string(form.substr(0, 80)) + "'");
}

void Terms::add_output(Node& node, uint32_t term) {
  if (node.output == none) {
    node.output = term;
    return;
  }
  if ((node.output & flag) == 0) {
    if (node.output == term) return;  // two forms that are the same once lower-cased
    outputs_.push_back({node.output, 0});
    node.output = flag | static_cast<uint32_t>(outputs_.size() - 1);
  }
  if (outputs_[node.output ^ flag].term == term) return;
  outputs_.push_back({term, node.output ^ flag});
  node.output = flag | static_cast<uint32_t>(outputs_.size() - 1);
}

// At most a third full, so that most are found where they are looked for first. A salt under which
// edges crowd, as chance does not make them, is changed.
void Terms::lay_out(std::span<const Edge> edges) {
  constexpr size_t longest_walk = 256;
  for (int attempt = 0; attempt < 8; ++attempt) {
    edges_.assign(std::bit_ceil(3 * edges.size() + 1), Edge{});
    size_t walk = 0;
    for (const Edge& edge : edges) {
      const Edge own{edge.from | flag, edge.unit, edge.to};
      size_t at = slot_of(own.from, own.unit), steps = 0;
      for (; edges_[at].from != 0; at = (at + 1) & (edges_.size() - 1)) ++steps;
      edges_[at] = own;
      walk = std::max(walk, steps);
    }
    if (walk <= longest_walk) return;
    salt_ = mix(salt_ + 1);
  }
}

}  // namespace corpusmill::ngram
