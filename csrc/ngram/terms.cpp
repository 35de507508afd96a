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
  text::ParagraphBegins paragraphs(document);
  size_t paragraph = paragraphs.next();  // where one begins that no word was in
  const auto sink = [&](const char* word, size_t size, size_t begin,
                        size_t end) __attribute__((always_inline)) {
    if (begin >= paragraph) {
      while (begin >= paragraph) paragraph = paragraphs.next();
      scratch.paragraph_starts.push_back(scratch.units.size() + scratch.num_pending);
    }
    if (options_.cased) {
      size = end - begin;
      word = document.data() + begin;
      if (document.size() - end < readable_after_word) {
        scratch.padded.resize(size + readable_after_word);
        word = static_cast<const char*>(std::memcpy(scratch.padded.data(), word, size));
      }
    }
    take(Word::of(word, size), std::string_view(word, size));
  };
  text::for_each_word_span(document, scratch.words, sink);
}

// What a long word is, is looked up while it can be seen; its number then stands in its place.
void Terms::number_units(std::string_view document, Scratch& scratch) const {
  scratch.units.clear();
  scratch.starts.clear();
  scratch.paragraph_starts.clear();
  scratch.within = false;
  if (!options_.words) {
    number_characters(document, scratch);
    find_starts(scratch);
    scratch.units.push_back(none);
    return;
  }
  scratch.num_pending = 0;
  for_each_unit(document, scratch, [&](Word word, std::string_view bytes) {
    if (word.is_long()) word.half[0] = long_words_.find(word, bytes);
    scratch.pending[scratch.num_pending++] = word;
    if (scratch.num_pending == batch) number_words(scratch, false);
  });
  number_words(scratch, true);
  scratch.units.push_back(none);
}

void Terms::number_characters(std::string_view document, Scratch& scratch) const {
  auto& units = scratch.units;
  text::BlankLine blank_line;
  bool parted = false;
  const char* const end = document.data() + document.size();
  for (const char* at = document.data(); at < end;) {
    const text::Decoded next = text::decode(at, end);
    const bool ends_blank = blank_line(*at);
    parted |= ends_blank && !units.empty();
    if (parted && !text::is_blank(*at)) {
      scratch.paragraph_starts.push_back(units.size());
      parted = false;
    }
    units.push_back(options_.cased ? next.code : lowered(next.code));
    at += next.size;
  }
}

/// What is laid out once all forms are there.
struct Terms::Laying {
  /// Two units side by side in forms.
  struct Pair {
    uint32_t unit, next;
    uint8_t kinds;  // of TermFilter
  };

  Vocabulary words;
  std::vector<uint32_t> units;  // of one form
  std::vector<TermSteps::Step> steps;
  SlotTable places;  // of steps
  uint32_t num_nodes = 0;
  std::vector<uint32_t> alone;  // forms of one unit
  std::vector<Pair> pairs;
  SlotTable pair_places;

  void add_pair(uint32_t unit, uint32_t next, TermFilter::Kind kind) {
    const auto hash = [](const Pair& pair) { return mix(uint64_t{pair.unit} << 32 | pair.next); };
    const Pair pair{unit, next, 0};
    const uint32_t at = pair_places.find_or_add(
        hash(pair), [&](uint32_t p) { return pairs[p].unit == unit && pairs[p].next == next; },
        [&](uint32_t p) { return hash(p < pairs.size() ? pairs[p] : pair); });
    if (at == pairs.size()) pairs.push_back(pair);
    pairs[at].kinds |= kind;
  }
};

Terms::Terms(const Column& forms, std::span<const uint32_t> term_of, const TermOptions& options)
    : options_(options), outputs_(1) {
  if (!options_.words) roots_.resize(text::invalid_byte(0xFF) + size_t{1});
  Scratch scratch;
  Laying laying;
  for (size_t i = 0; i < forms.size(); ++i) {
    form_units(forms[i], scratch, laying);
    add_output(node_of(laying.units, laying), term_of[i]);
    several_forms_ |= i > 0 && term_of[i] == term_of[i - 1];
    num_terms_ = std::max<size_t>(num_terms_, size_t{term_of[i]} + 1);
  }
  filter_ = TermFilter(laying.alone.size(), laying.pairs.size());
  const auto hash = [&](uint32_t unit) {
    return options_.words ? laying.words.hash(unit) : mix(unit);
  };
  for (const uint32_t unit : laying.alone) filter_.add(hash(unit));
  for (const auto& [unit, next, kinds] : laying.pairs) filter_.add(kinds, hash(unit), hash(next));
  if (options_.words) lay_out_words(laying);
  steps_ = TermSteps(laying.steps);
}

void Terms::lay_out_words(const Laying& laying) {
  std::vector<TermWords::Entry> entries(laying.words.size());
  for (uint32_t unit = 0; unit < entries.size(); ++unit) {
    const std::string_view bytes = laying.words[unit];
    Word word = Word::of(bytes.data(), bytes.size());
    if (word.is_long()) word.half[0] = long_words_.add(word, bytes);
    entries[unit] = {{word.half[0], word.half[1]}, unit, roots_[unit]};
  }
  words_ = TermWords(entries);
  roots_ = {};
}

// The node of a form's last unit; those that are not there yet are made.
TermNode& Terms::node_of(std::span<const uint32_t> units, Laying& laying) {
  auto& steps = laying.steps;
  const auto hash = [](const TermSteps::Step& step) {
    return mix(uint64_t{step.from} << 32 | step.unit);
  };
  TermNode* node = &roots_[units[0]];
  if (node->id == 0) node->id = ++laying.num_nodes;
  if (units.size() == 1) laying.alone.push_back(units[0]);
  for (size_t i = 1; i < units.size(); ++i) {
    node->id |= flag;
    const TermSteps::Step step{node->id, units[i], {}};
    const uint32_t at = laying.places.find_or_add(
        hash(step),
        [&](uint32_t e) { return steps[e].from == step.from && steps[e].unit == step.unit; },
        [&](uint32_t e) { return hash(e < steps.size() ? steps[e] : step); });
    const bool is_new = at == steps.size();
    if (is_new) steps.push_back({step.from, step.unit, {++laying.num_nodes, none}});
    if (i == 1 || is_new) {
      laying.add_pair(units[i - 1], units[i],
                      i > 1               ? TermFilter::later
                      : units.size() == 2 ? TermFilter::both
                                          : TermFilter::first);
    }
    if (laying.num_nodes == flag - 1) throw std::length_error("terms: more than 2**31 units");
    node = &steps[at].to;
  }
  return *node;
}

void Terms::form_units(std::string_view form, Scratch& scratch, Laying& laying) {
  auto& units = laying.units;
  if (options_.words) {
    units.clear();
    for_each_unit(form, scratch, [&](const Word& word, std::string_view bytes) {
      units.push_back(laying.words.add(word, bytes));
    });
    roots_.resize(laying.words.size());
  } else {
    scratch.units.clear();
    number_characters(form, scratch);
    units = scratch.units;
  }
  if (!units.empty() && units.size() <= longest) return;
  throw std::invalid_argument("terms: expected 1 to " + std::to_string(longest) + " " +
                              (options_.words ? "words" : "characters") + " each, got " +
                              std::to_string(units.size()) + " in '" +
                              std::string(form.substr(0, 80)) + "'");
}

void Terms::add_output(TermNode& node, uint32_t term) {
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

}  // namespace corpusmill::ngram
