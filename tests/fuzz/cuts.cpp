// cuts: fuzzes the cutters of long pieces against the expressions they stand for, tried at one
// place after another. Takes categories from the library's table, which the Python tests compare
// with other libraries.
//
// Input: byte 0 the pattern and how many pieces are asked for at once; then the text.
#include <array>

#include "fuzz.hpp"
#include "text/utf8.hpp"
#include "tokenizer/categories.hpp"
#include "tokenizer/pretokenize.hpp"

namespace {

using namespace corpusmill;             // NOLINT(google-build-using-namespace)
using namespace corpusmill::tokenizer;  // NOLINT(google-build-using-namespace)

/// A text as its categories; and where each character begins.
struct Plain {
  std::vector<Category> is;
  std::vector<size_t> at;
  std::vector<char> byte;
};

Plain plain(std::string_view text) {
  Plain out;
  for (size_t at = 0; at < text.size();) {
    const auto found = fuzz::character(text, at);
    out.is.push_back(found ? Categories::get()[found->code] : other);
    const char32_t code = found ? found->code : 0;
    const bool is_later =
        (code >= 0x11DE0 && code < 0x11DEA) || (code >= 0x16FF4 && code < 0x16FF7);
    out.byte.push_back(is_later ? 'N' : text[at]);  // no first byte of two, nor a number itself
    out.at.push_back(at);
    at += found ? found->size : 1;
  }
  out.at.push_back(text.size());
  return out;
}

bool is_number(const Plain& text, size_t i) {
  const bool later = text.byte[i] == 'N' && text.is[i] == other;
  return text.is[i] == digit || text.is[i] == number || later;
}

/// (?=(\d{3})+(?!\d))
bool thousands_match(const Plain& text, size_t i) {
  size_t num = 0;
  while (i + num < text.is.size() && text.is[i + num] == digit) ++num;
  return num != 0 && num % 3 == 0;
}

/// How many characters \p{N}{1,3}| ?[^\s\p{L}\p{N}]{2,}[\r\n/]*| +(?!\S) takes from here on.
size_t superword_match(const Plain& text, size_t i) {
  const auto run = [&](size_t from, auto&& in) {
    size_t to = from;
    while (to < text.is.size() && in(to)) ++to;
    return to - from;
  };
  const auto is_digit = [&](size_t j) { return text.is[j] == digit || text.is[j] == number; };
  const auto is_mark = [&](size_t j) {
    return !is_digit(j) && text.is[j] != space && (set_of(text.is[j]) & letters) == 0;
  };
  if (const size_t num = run(i, is_digit); num != 0) return std::min<size_t>(num, 3);
  for (const size_t before : {size_t{1}, size_t{0}}) {
    if (before == 1 && text.byte[i] != ' ') continue;
    const size_t marks = run(i + before, is_mark);
    if (marks < 2) continue;
    const size_t behind = i + before + marks;
    return before + marks + run(behind, [&](size_t j) {
             return text.byte[j] == '\r' || text.byte[j] == '\n' || text.byte[j] == '/';
           });
  }
  for (size_t num = run(i, [&](size_t j) { return text.byte[j] == ' '; }); num != 0; --num) {
    if (i + num == text.is.size() || text.is[i + num] == space) return num;
  }
  return 0;
}

/// Where pieces end, by characters.
std::vector<size_t> plain_ends(const Plain& text, Pattern pattern) {
  std::vector<size_t> ends;
  const size_t size = text.is.size();
  for (size_t i = 0; i < size;) {
    size_t to = i + (pattern == Pattern::superbpe128k ? superword_match(text, i) : 0);
    const auto goes_on = [&] {
      if (pattern == Pattern::superbpe128k) return superword_match(text, to) == 0;
      if (pattern == Pattern::superbpe && is_number(text, to) != is_number(text, to - 1))
        return false;
      return !thousands_match(text, to);
    };
    if (to == i) {
      do ++to;
      while (to != size && goes_on());
    }
    ends.push_back(i = to);
  }
  return ends;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr Pattern patterns[] = {Pattern::superbpe, Pattern::thousands, Pattern::superbpe128k};
  fuzz::Draw draw(data, size);
  const Pattern pattern = patterns[draw.below(std::size(patterns))];
  const std::vector<char> bytes = fuzz::tight(draw.rest());
  const std::string_view document = fuzz::as_view(bytes);
  const Plain text = plain(document);
  const std::vector<size_t> expected = plain_ends(text, pattern);
  for (const size_t room : {least_room, size_t{4} * least_room}) {
    std::vector<const char*> ends(room);
    size_t found = 0;
    for (const char* at = document.data(); at != document.data() + document.size();) {
      const size_t num = cutter(pattern)(Categories::get(), document, at, ends);
      fuzz::require(num != 0 && found + num <= expected.size(), "pieces are as many");
      for (size_t i = 0; i < num; ++i) {
        at = ends[i];
        fuzz::require(at == document.data() + text.at[expected[found++]], "and end alike");
      }
    }
    fuzz::require(found == expected.size(), "no piece is missed");
  }
  return 0;
}
