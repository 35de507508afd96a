// library_form: the normal forms of text/, without what came after Unicode 9.0.
#include "tokenizer/library_form.hpp"

#include <algorithm>

#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

namespace {

struct Range {
  char32_t first, last;
};

/// What Unicode 10.0 to 15.0 brought that has a combining class, a decomposition or a part in one;
/// no character of an older version ever gets any. Shown by a test over all of them.
constexpr Range later[] = {
    {0x07FD, 0x07FD},   {0x0898, 0x089F},   {0x08CA, 0x08D3},   {0x09FE, 0x09FE},
    {0x0C3C, 0x0C3C},   {0x0D3B, 0x0D3C},   {0x0EBA, 0x0EBA},   {0x1715, 0x1715},
    {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},   {0x32FF, 0x32FF},   {0xA7F2, 0xA7F4},
    {0xA82C, 0xA82C},   {0xAB69, 0xAB69},   {0x10781, 0x10785}, {0x10787, 0x107B0},
    {0x107B2, 0x107BA}, {0x10D24, 0x10D27}, {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF},
    {0x10F46, 0x10F50}, {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B},
    {0x1145E, 0x1145E}, {0x11839, 0x1183A}, {0x11930, 0x11930}, {0x11938, 0x11938},
    {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0}, {0x11A34, 0x11A34},
    {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42}, {0x11D44, 0x11D45},
    {0x11D97, 0x11D97}, {0x11F41, 0x11F42}, {0x16FF0, 0x16FF1}, {0x1E030, 0x1E06D},
    {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF},
    {0x1E4EC, 0x1E4EF}, {0x1F16C, 0x1F16C}, {0x1FBF0, 0x1FBF9}};

bool is_later(char32_t code) {
  const Range* const found = std::ranges::lower_bound(later, code, {}, &Range::last);
  return found != std::end(later) && found->first <= code;
}

}  // namespace

std::string_view library_form(text::Form which, std::string_view text, std::string& scratch) {
  text::NormalForm form(which, is_later);
  if (form.keeps(text)) return text;
  scratch.clear();
  form.append(text, scratch);
  return scratch;
}

void append_library_form(text::Form which, std::string_view text, std::string& out) {
  text::NormalForm(which, is_later).append(text, out);
}

void trace_library_form(text::Form which, std::string_view text,
                        const std::function<void(std::string_view)>& copy,
                        const std::function<void(std::string_view, std::string_view)>& change) {
  using text::Form;
  const bool compatible = which == Form::nfkc || which == Form::nfkd;
  text::NormalForm form(which, is_later), parts(compatible ? Form::nfkd : Form::nfd, is_later);
  std::string made;
  const auto begins_anew = [&](std::string_view character) {
    made.clear();
    parts.append(character, made);
    const text::Decoded first = text::decode(made.data(), made.data() + made.size());
    return form.keeps(std::string_view(made).substr(0, first.size));
  };
  while (!text.empty()) {
    made.clear();
    const auto [copied, taken] = form.append_step(text, made);
    if (copied != 0) copy(text.substr(0, copied));
    for (size_t at = copied; at < taken;) {
      const char* const end = text.data() + taken;
      size_t to = at + text::decode(text.data() + at, end).size;
      while (to < taken) {
        const size_t size = text::decode(text.data() + to, end).size;
        if (begins_anew(text.substr(to, size))) break;
        to += size;
      }
      const std::string_view part = text.substr(at, to - at);
      made.clear();
      form.append(part, made);
      change(part, made);
      at = to;
    }
    text.remove_prefix(taken);
  }
}

std::string_view aligned_library_form(text::Form which, std::string_view text, std::string& scratch,
                                      std::vector<size_t>& places) {
  text::NormalForm form(which, is_later);
  if (form.keeps(text)) return text;
  scratch.clear();
  for (size_t at = 0; at < text.size();) {
    const auto [copied, taken] = form.append_step(text.substr(at), scratch);
    for (size_t i = 0; i < copied; ++i) places.push_back(at + i);
    const size_t made = scratch.size() - places.size();
    for (size_t i = 0; i < made; ++i) places.push_back(at + std::min(copied + i, taken));
    at += taken;
  }
  places.push_back(text.size());
  return scratch;
}

}  // namespace corpusmill::tokenizer
