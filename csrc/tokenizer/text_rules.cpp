// text_rules: each step writes what the one before it wrote anew.
#include "tokenizer/text_rules.hpp"

#include <algorithm>
#include <utility>

#include "text/utf8.hpp"
#include "tokenizer/categories.hpp"
#include "tokenizer/piece_normalizer.hpp"

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

void append_replaced(std::string_view text, std::string_view from, std::string_view to,
                     std::string& out) {
  for (size_t found; (found = text.find(from)) != std::string_view::npos;) {
    out.append(text.substr(0, found)).append(to);
    text.remove_prefix(found + from.size());
  }
  out.append(text);
}

void append_runs_replaced(std::string_view text, std::string_view to, std::string& out) {
  for (size_t found; (found = text.find("  ")) != std::string_view::npos;) {
    out.append(text.substr(0, found)).append(to);
    text.remove_prefix(std::min(text.find_first_not_of(' ', found), text.size()));
  }
  out.append(text);
}

std::string repaired(std::string_view text) {
  std::string out;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const text::Decoded next = text::decode(at, end);
    out.append(next.code > text::last_code_point ? replacement : std::string_view(at, next.size));
    at += next.size;
  }
  return out;
}

}  // namespace

TextRules::TextRules(std::vector<TextRule> rules) {
  for (TextRule& rule : rules) {
    std::unique_ptr<const LibraryCharsmap> charsmap;
    if (rule.kind == TextRule::Kind::charsmap) {
      charsmap = std::make_unique<LibraryCharsmap>(rule.from);
    }
    steps_.push_back({std::move(rule), std::move(charsmap)});
  }
}

std::string_view TextRules::operator()(std::string_view text, bool is_first,
                                       std::string& scratch) const {
  std::string other;
  if (!text::is_well_formed(text)) {
    scratch = repaired(text);
    text = scratch;
  }
  for (const Step& step : steps_) {
    std::string& out = text.data() == scratch.data() ? other : scratch;
    out.clear();
    step.append(text, is_first, out);
    text = out;
  }
  if (text.data() != other.data()) return text;
  scratch.swap(other);
  return scratch;
}

void TextRules::Step::append(std::string_view text, bool is_first, std::string& out) const {
  using Kind = TextRule::Kind;
  switch (rule.kind) {
    case Kind::charsmap: charsmap->append(text, out); return;
    case Kind::replace: append_replaced(text, rule.from, rule.to, out); return;
    case Kind::runs: append_runs_replaced(text, rule.to, out); return;
    case Kind::prepend:
      if (!text.empty()) out = rule.to;
      break;
    case Kind::lead_first:
      if (!is_first) break;
      [[fallthrough]];
    case Kind::lead:
      if (!text.empty() && !text.starts_with(' ') && !text.starts_with(space_mark)) {
        out = space_mark;
      }
      break;
    case Kind::strip_left: text = without_blanks_before(text); break;
    case Kind::strip_right: text = without_blanks_behind(text); break;
  }
  out.append(text);
}

}  // namespace corpusmill::tokenizer
