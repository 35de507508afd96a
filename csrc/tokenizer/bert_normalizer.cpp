// bert_normalizer: ASCII by a loop without branches; of all else a table says what becomes of it.
#include "tokenizer/bert_normalizer.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "text/hangul.hpp"
#include "text/unicode_tables.hpp"
#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr size_t ascii_chunk = 4096;  // with a control in it, it goes character by character
constexpr size_t least_ascii = 16;    // for the loop to pay
constexpr size_t most_bytes = 16;     // of what one character becomes, but for marks

constexpr uint32_t code_mask = 0xFFFFFF;
uint32_t class_of(uint32_t item) { return item >> 24; }

/// The canonical decomposition as items: code | combining class << 24.
void add_decomposed(char32_t code, std::vector<uint32_t>& items) {
  const auto add = [&](char32_t part) {
    items.push_back(part | static_cast<uint32_t>(bert_combining_class(part)) << 24);
  };
  const bool late = bert_characters()[code].is(bert_late);
  const text::Decomposition parts =
      late ? text::Decomposition{nullptr, 0} : text::decomposition(code, false);
  if (parts.size == 0) add(code);
  for (size_t i = 0; i < parts.size; ++i) add(parts.codes[i]);
}

/// Of equal class in their order: by that and their place, as a run may be as long as the document.
void sort_by_class(std::span<uint32_t> run) {
  if (std::ranges::is_sorted(run, {}, class_of)) return;
  std::vector<uint64_t> keys;
  for (const uint32_t item : run) keys.push_back(uint64_t{class_of(item)} << 32 | keys.size());
  std::ranges::sort(keys);
  const std::vector<uint32_t> unsorted(run.begin(), run.end());
  for (size_t i = 0; i < run.size(); ++i) run[i] = unsorted[static_cast<uint32_t>(keys[i])];
}

/// Writes ASCII in lower case, or as it is, white space as blanks. False if there is a control.
bool write_ascii(const char* __restrict from, size_t size, bool lowercase, char* __restrict to) {
  const auto all_if = [](bool it_is) { return static_cast<uint8_t>(-static_cast<int>(it_is)); };
  const uint8_t case_bit = lowercase ? 0x20 : 0;
  uint8_t controls = 0;
  for (size_t i = 0; i < size; ++i) {
    const auto byte = static_cast<uint8_t>(from[i]);
    const uint8_t white = all_if(byte == '\t') | all_if(byte == '\n') | all_if(byte == '\r');
    const uint8_t upper = all_if(static_cast<uint8_t>(byte - 'A') < 26) & case_bit;
    const int control = (all_if(byte < 0x20) | all_if(byte == 0x7f)) & ~white;
    controls = static_cast<uint8_t>(controls | control);
    to[i] = static_cast<char>(((byte | upper) & ~white) | (white & ' '));
  }
  return controls == 0;
}

}  // namespace

BertNormalizer::BertNormalizer(BertRules rules)
    : rules_(rules), steps_([this](char32_t code) { return step_of(code); }) {}

BertNormalizer::Step BertNormalizer::step_of(char32_t code) const {
  const BertCharacter& is = bert_characters()[code];
  if (rules_.clean_text && is.is(bert_dropped)) return {drop, 0};
  if (rules_.clean_text && is.is(bert_white)) return {blank, 0};
  if (rules_.strip_accents && code <= text::last_code_point) return stripped(code);
  if (rules_.handle_chinese_chars && is.is(bert_ideograph)) return {pad, 0};
  if (rules_.lowercase && code == dotted_i) return {dots, 0};
  return {take, rules_.lowercase ? is.to_lower : 0};
}

BertNormalizer::Step BertNormalizer::stripped(char32_t code) const {
  if (text::is_syllable(code)) return {syllable, 0};
  const BertCharacters& characters = bert_characters();
  const auto goes = [&](uint32_t item) { return characters[item & code_mask].is(bert_accent); };
  char32_t left = code;
  if (goes(code) || bert_combining_class(code) != 0 || text::decomposition(code, false).size != 0) {
    std::vector<uint32_t> parts;
    add_decomposed(code, parts);
    std::erase_if(parts, goes);
    if (parts.empty()) return {drop, 0};
    if (parts.size() > 1 || class_of(parts[0]) != 0) return {decompose, 0};
    left = parts[0];
  }
  const auto distance = static_cast<int32_t>(left) - static_cast<int32_t>(code);
  if (rules_.handle_chinese_chars && characters[code].is(bert_ideograph)) return {pad, distance};
  return {take, distance + (rules_.lowercase ? characters[left].to_lower : 0)};
}

std::string_view BertNormalizer::operator()(std::string_view text, std::string& scratch) const {
  if (!rules_.any()) return text;
  TextWriter out(scratch);
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const size_t left = std::min(static_cast<size_t>(end - at), ascii_chunk);
    const size_t ascii = text::ascii_prefix({at, left});
    if (ascii >= least_ascii && write_ascii(at, ascii, rules_.lowercase, out.room(ascii))) {
      out.wrote(ascii);
      at += ascii;
    } else {
      for (const char* const behind = at + std::max<size_t>(ascii, 1); at < behind;) {
        const char* const next = write_simple(at, end, out);
        at = next != at ? next : write_character(at, end, out);
      }
    }
  }
  return out.view();
}

std::string_view BertNormalizer::aligned(std::string_view text, std::string& scratch,
                                         std::vector<size_t>& places) const {
  if (!rules_.any()) return text;
  TextWriter out(scratch);
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const Action action = steps_[text::decode(at, end).code].action;
    const auto begin = static_cast<size_t>(at - text.data());
    const size_t before = out.view().size();
    at = write_character(at, end, out);
    const auto behind = static_cast<size_t>(at - text.data());
    const size_t num = out.view().size() - before;
    for (size_t i = 0; i < num; ++i) {
      const size_t of_blanks = i + 1 == num ? behind : begin + (i == 0 ? 0 : i - 1);
      places.push_back(action == pad ? of_blanks : std::min(begin + i, behind));
    }
  }
  places.push_back(text.size());
  return out.view();
}

/// The next few characters, up to one that becomes several.
const char* BertNormalizer::write_simple(const char* at, const char* end, TextWriter& out) const {
  constexpr size_t most = 64;  // behind them may be ASCII for the loop
  char* to = out.room(most * 6 + 1);
  for (size_t i = 0; i < most && at != end; ++i) {
    const text::Decoded next = text::decode(at, end);
    const Step step = steps_[next.code];
    if (step.action > pad) break;
    const char32_t code = next.code + static_cast<char32_t>(step.distance);
    *to = ' ';
    to += step.action == pad ? 1 : 0;
    if (step.action != drop) to += text::encode(step.action == blank ? ' ' : code, to);
    *to = ' ';
    to += step.action == pad ? 1 : 0;
    at += next.size;
  }
  out.end_at(to);
  return at;
}

const char* BertNormalizer::write_character(const char* at, const char* end,
                                            TextWriter& out) const {
  const text::Decoded next = text::decode(at, end);
  const Step step = steps_[next.code];
  const char32_t code = next.code + static_cast<char32_t>(step.distance);
  char* const room = out.room(most_bytes);
  switch (step.action) {
    case take: out.wrote(text::encode(code, room)); break;
    case drop: break;
    case blank: *room = ' ', out.wrote(1); break;
    case pad: {
      *room = ' ';
      const size_t behind = 1 + text::encode(code, room + 1);
      room[behind] = ' ';
      out.wrote(behind + 1);
      break;
    }
    case dots: out.put('i'), out.put(0x307); break;
    case syllable: text::decompose_syllable(code, [&](char32_t part) { out.put(part); }); break;
    case decompose: return write_marks(at, end, out);
  }
  return at + next.size;
}

/// From a character whose decomposition has marks that stay, through all that may trade places with
/// them. Marks that were dropped before it came before theirs, or do not count.
const char* BertNormalizer::write_marks(const char* at, const char* end, TextWriter& out) const {
  const BertCharacters& characters = bert_characters();
  std::vector<uint32_t> items;
  while (at != end) {
    const text::Decoded next = text::decode(at, end);
    if (!rules_.clean_text || !characters[next.code].is(bert_dropped)) {
      const size_t before = items.size();
      add_decomposed(next.code, items);
      if (before != 0 && class_of(items[before]) == 0) {
        items.resize(before);
        break;
      }
    }
    at += next.size;
  }
  const auto is_starter = [](uint32_t item) { return class_of(item) == 0; };
  for (auto run = items.begin(); run != items.end();) {
    run = std::find_if_not(run, items.end(), is_starter);
    const auto run_end = std::find_if(run, items.end(), is_starter);
    sort_by_class({run, run_end});
    run = run_end;
  }
  for (const uint32_t item : items) {
    const BertCharacter& is = characters[item & code_mask];
    if (is.is(bert_accent)) continue;
    out.put((item & code_mask) + static_cast<char32_t>(rules_.lowercase ? is.to_lower : 0));
  }
  return at;
}

}  // namespace corpusmill::tokenizer
