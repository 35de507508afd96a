// terms: units of a text as words or characters, numbered; forms laid into the trie.
#include "ngram/terms.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "text/unicode_tables.hpp"
#include "text/utf8.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t batch = 1024;  // words looked up together
constexpr size_t ahead = 12;    // words between the wish for a slot and its use
constexpr size_t readable_after_word = 16;

/// Whether a line of nothing but white space lies in what is shown of a text, byte after byte.
class BlankLine {
 public:
  bool operator()(char byte) {
    const bool line_end = byte == '\n';
    const bool found = line_end && blank_;
    const bool white = byte == ' ' || static_cast<uint8_t>(byte - '\t') < 5;
    blank_ = line_end || (white && blank_);
    return found;
  }

 private:
  bool blank_ = false;  // a line has begun, with nothing but white space so far
};

bool has_blank_line(std::string_view gap) {
  BlankLine blank_line;
  return std::any_of(gap.begin(), gap.end(), blank_line);
}

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
        if (begin - last > 1 && has_blank_line(document.substr(last, begin - last))) {
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
    BlankLine blank_line;
    bool parted = false;
    const char* const end = document.data() + document.size();
    for (const char* at = document.data(); at < end;) {
      const text::Decoded next = text::decode(at, end);
      const bool ends_blank = blank_line(*at);
      const bool white = *at == ' ' || static_cast<uint8_t>(*at - '\t') < 5;
      parted |= ends_blank && !scratch.units.empty();
      if (parted && !white) {
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

void Terms::look_up(Scratch& scratch) const {
  const std::vector<Word>& words = scratch.pending;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i + ahead < words.size()) vocabulary_.prefetch(words[i + ahead]);
    scratch.units.push_back(words[i].is_long() ? static_cast<uint32_t>(words[i].half[0])
                                               : vocabulary_.find(words[i], {}));
  }
  scratch.pending.clear();
}

Terms::Terms(const Column& forms, std::span<const uint32_t> term_of, const TermOptions& options)
    : options_(options), nodes_(1), outputs_(1) {
  if (!options_.words) roots_.resize(text::invalid_byte(0xFF) + size_t{1});
  Scratch scratch;
  std::vector<uint32_t> units;
  for (size_t i = 0; i < forms.size(); ++i) {
    units.clear();
    if (options_.words) {
      for_each_unit(forms[i], scratch, [&](const Word& word, std::string_view bytes) {
        units.push_back(vocabulary_.add(word, bytes));
      });
      roots_.resize(vocabulary_.size());
    } else {
      number_units(forms[i], scratch);
      units = scratch.units;
    }
    if (units.empty() || units.size() > longest) {
      throw std::invalid_argument("terms: expected 1 to " + std::to_string(longest) + " " +
                                  (options_.words ? "words" : "characters") + " each, got " +
                                  std::to_string(units.size()) + " in '" +
                                  std::string(forms[i].substr(0, 80)) + "'");
    }
    add(units, term_of[i]);
  }
}

void Terms::add(std::span<const uint32_t> units, uint32_t term) {
  uint32_t node = roots_[units[0]];
  if (node == 0) node = roots_[units[0]] = new_node();
  for (const uint32_t unit : units.subspan(1)) node = add_child(node, unit);
  num_terms_ = std::max<size_t>(num_terms_, size_t{term} + 1);
  for (uint32_t out = nodes_[node].output; out != 0; out = outputs_[out].next) {
    if (outputs_[out].term == term) return;  // two forms that are the same once lower-cased
  }
  outputs_.push_back({term, nodes_[node].output});
  nodes_[node].output = static_cast<uint32_t>(outputs_.size() - 1);
}

uint32_t Terms::add_child(uint32_t node, uint32_t unit) {
  const uint32_t known = child(node, unit);
  if (known != 0) return known;
  const Edge edge{node, unit, new_node()};
  nodes_[node].has_children = true;
  edges_.push_back(edge);
  edges_at_.find_or_add(
      edge.hash(), [](uint32_t) { return false; }, [&](uint32_t i) { return edges_[i].hash(); });
  return edge.to;
}

uint32_t Terms::new_node() {
  if (nodes_.size() == SlotTable::none) throw std::length_error("terms: too many");
  nodes_.emplace_back();
  return static_cast<uint32_t>(nodes_.size() - 1);
}

}  // namespace corpusmill::ngram
