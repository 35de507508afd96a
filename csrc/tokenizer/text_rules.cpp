// text_rules: each step writes what the one before it wrote anew.
#include "tokenizer/text_rules.hpp"

#include <algorithm>
#include <utility>

#include "text/utf8.hpp"
#include "tokenizer/bert_characters.hpp"
#include "tokenizer/categories.hpp"
#include "tokenizer/library_form.hpp"
#include "tokenizer/piece_normalizer.hpp"
#include "tokenizer/traced_text.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

bool is_blank(const char* at, const char* end) {
  return Categories::get()[text::decode(at, end).code] == Category::space;
}

std::string_view without_blanks_before(std::string_view text) {
  const char* const end = text.data() + text.size();
  while (!text.empty() && is_blank(text.data(), end)) {
    text.remove_prefix(text::decode(text.data(), end).size);
  }
  return text;
}

std::string_view without_blanks_behind(std::string_view text) {
  while (!text.empty()) {
    const size_t last = text::character_begin(text, text.size() - 1);
    if (!is_blank(text.data() + last, text.data() + text.size())) break;
    text.remove_suffix(text.size() - last);
  }
  return text;
}

/// What it becomes is of its last character alone, as in the library.
template <class Out>
void change_last(std::string_view found, std::string_view to, Out& out) {
  out.change(found.substr(text::character_begin(found, found.size() - 1)), to);
}

template <class Out>
void append_replaced(std::string_view text, std::string_view from, std::string_view to, Out& out) {
  for (size_t found; (found = text.find(from)) != std::string_view::npos;) {
    out.copy(text.substr(0, found));
    change_last(text.substr(found, from.size()), to, out);
    text.remove_prefix(found + from.size());
  }
  out.copy(text);
}

template <class Out>
void append_runs_replaced(std::string_view text, std::string_view to, Out& out) {
  for (size_t found; (found = text.find("  ")) != std::string_view::npos;) {
    const size_t behind = std::min(text.find_first_not_of(' ', found), text.size());
    out.copy(text.substr(0, found));
    change_last(text.substr(found, behind - found), to, out);
    text.remove_prefix(behind);
  }
  out.copy(text);
}

template <class Out>
void append_lowercase(std::string_view text, Out& out) {
  const BertCharacters& characters = bert_characters();
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const text::Decoded next = text::decode(at, end);
    char lower[6];
    const auto distance = static_cast<char32_t>(characters[next.code].to_lower);
    size_t size = text::encode(next.code == dotted_i ? 'i' : next.code + distance, lower);
    if (next.code == dotted_i) size += text::encode(0x0307, lower + size);
    out.change({at, next.size}, {lower, size});
    at += next.size;
  }
}

bool nmt_drops(char32_t code) {
  return (code >= 1 && code <= 8) || code == 0xB || (code >= 0xE && code <= 0x1F) || code == 0x7F ||
         code == 0x8F || code == 0x9F;
}

bool is_nmt_blank(char32_t code) {
  return code == '\t' || code == '\n' || code == '\f' || code == '\r' || code == 0x1680 ||
         (code >= 0x200B && code <= 0x200F) || code == 0x2028 || code == 0x2029 || code == 0x2581 ||
         code == 0xFEFF || code == 0xFFFD;
}

/// Those that `drops(code)` says left out, and U+0020 for those that `blanks(code)` says.
template <class Drops, class Blanks, class Out>
void append_without(std::string_view text, Drops&& drops, Blanks&& blanks, Out& out) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const text::Decoded next = text::decode(at, end);
    const std::string_view character(at, next.size);
    if (blanks(next.code)) {
      out.change(character, " ");
    } else if (!drops(next.code)) {
      out.copy(character);
    }
    at += next.size;
  }
}

template <class Out>
void append_without_marks(std::string_view text, Out& out) {
  const LibraryCharacters& characters = library_characters();
  const auto is_mark = [&](char32_t code) { return (characters[code] & library_mark) != 0; };
  append_without(text, is_mark, [](char32_t) { return false; }, out);
}

/// Where the document's first character is changed together with others, what becomes of it alone
/// is of it as far as it is there.
template <class Out>
void change_by_form(text::Form form, std::string_view part, std::string_view made, Out& out) {
  const std::string_view first = out.beginning.followed(part);
  const size_t before = out.beginning.size();
  out.change(part, made);
  if (first.empty() || first.size() == part.size()) return;
  std::string alone;
  append_library_form(form, first, alone);
  auto same = static_cast<size_t>(std::ranges::mismatch(alone, made).in2 - made.begin());
  if (same != made.size()) same = text::character_begin(made, same);
  const size_t told = out.beginning.size() - before;
  if (same > told) out.beginning.grow(same - told);
}

template <class Out>
void trace_form(text::Form form, std::string_view text, Out& out) {
  trace_library_form(
      form, text, [&](std::string_view part) { out.copy(part); },
      [&](std::string_view part, std::string_view made) { change_by_form(form, part, made, out); });
}

void append_form(text::Form form, std::string_view text, PlainText& out) {
  const bool is_followed = out.beginning.is_followed();
  is_followed ? trace_form(form, text, out) : append_library_form(form, text, out.text);
}

void append_form(text::Form form, std::string_view text, TracedText& out) {
  trace_form(form, text, out);
}

template <class Out>
void append_repaired(std::string_view text, Out& out) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const text::Decoded next = text::decode(at, end);
    const std::string_view character(at, next.size);
    next.code > text::last_code_point ? out.change(character, replacement) : out.copy(character);
    at += next.size;
  }
}

/// Where those bytes come from that come from bytes of a text with these origins.
void compose(const Origins& before, Origins& now) {
  for (size_t i = 0; i < now.begins.size(); ++i) {
    const Span from = before({now.begins[i], now.ends[i]});
    now.begins[i] = from.begin;
    now.ends[i] = from.end;
  }
}

}  // namespace

TextRules::TextRules(std::vector<TextRule> rules) {
  for (TextRule& rule : rules) {
    std::unique_ptr<const LibraryCharsmap> charsmap;
    if (rule.kind == TextRule::Kind::charsmap) {
      charsmap = std::make_unique<LibraryCharsmap>(rule.from);
    }
    follows_begin_ |= rule.kind == TextRule::Kind::lead_first;
    steps_.push_back({std::move(rule), std::move(charsmap)});
  }
}

std::string_view TextRules::operator()(std::string_view text, bool is_first,
                                       std::string& scratch) const {
  std::string other;
  if (!text::is_well_formed(text)) {
    PlainText out{other, {}};
    append_repaired(text, out);
    scratch.swap(other);
    text = scratch;
  }
  size_t beginning = is_first && follows_begin_ ? first_character(text) : 0;
  for (const Step& step : steps_) {
    PlainText out{text.data() == scratch.data() ? other : scratch, {text, beginning}};
    out.text.clear();
    step.append(text, beginning != 0, out);
    text = out.text;
    beginning = out.beginning.size();
  }
  if (text.data() != other.data()) return text;
  scratch.swap(other);
  return scratch;
}

std::string_view TextRules::operator()(std::string_view text, bool is_first, std::string& scratch,
                                       Origins& origins) const {
  std::string next;
  size_t beginning = 0;
  origins.clear();
  const auto take = [&](auto&& append) {
    next.clear();
    TracedText out(text, next, {text, beginning});
    append(out);
    beginning = out.beginning.size();
    Origins now = out.take();
    compose(origins, now);
    origins = std::move(now);
    scratch.swap(next);
    text = scratch;
  };
  if (!text::is_well_formed(text)) take([&](TracedText& out) { append_repaired(text, out); });
  if (is_first && follows_begin_) beginning = first_character(text);
  for (const Step& step : steps_) {
    take([&](TracedText& out) { step.append(text, beginning != 0, out); });
  }
  return text;
}

template <class Out>
void TextRules::Step::append(std::string_view text, bool begins, Out& out) const {
  using Kind = TextRule::Kind;
  switch (rule.kind) {
    case Kind::charsmap: charsmap->append(text, out); return;
    case Kind::replace: append_replaced(text, rule.from, rule.to, out); return;
    case Kind::runs: append_runs_replaced(text, rule.to, out); return;
    case Kind::prepend:
      if (!text.empty()) out.insert(text.data(), rule.to);
      break;
    case Kind::lead_first:
      if (!begins) break;
      [[fallthrough]];
    case Kind::lead:
      if (!text.empty() && !text.starts_with(' ') && !text.starts_with(space_mark)) {
        out.insert(text.data(), space_mark);
      }
      break;
    case Kind::strip_left: text = without_blanks_before(text); break;
    case Kind::strip_right: text = without_blanks_behind(text); break;
    case Kind::nfc: append_form(text::Form::nfc, text, out); return;
    case Kind::nfd: append_form(text::Form::nfd, text, out); return;
    case Kind::nfkc: append_form(text::Form::nfkc, text, out); return;
    case Kind::nfkd: append_form(text::Form::nfkd, text, out); return;
    case Kind::lowercase: append_lowercase(text, out); return;
    case Kind::strip_accents: append_without_marks(text, out); return;
    case Kind::nmt: append_without(text, nmt_drops, is_nmt_blank, out); return;
  }
  out.copy(text);
}

}  // namespace corpusmill::tokenizer
