// words: fuzzes the walk over a document's words against their definition, applied to one code
// point after another. Takes the characters' properties from the library's tables, which the
// Python tests compare with another source.
//
// Input: byte 0 a filler; bytes 1 to 3 how many bytes of it stand before the text and after it, the
// border of a chunk within their reach; then the text.
#include "text/words.hpp"

#include <array>
#include <cstring>

#include "fuzz.hpp"
#include "text/unicode_tables.hpp"

namespace {

using namespace corpusmill;  // NOLINT(google-build-using-namespace)

struct Word {
  std::string lower;
  size_t begin;
  size_t end;
};

std::vector<Word> plain_words(std::string_view document) {
  std::vector<Word> out;
  bool letters = false;  // a letter or number that comes next goes on the last word,
  bool marks = false;    // and so does a mark
  for (size_t at = 0; at < document.size();) {
    const auto found = fuzz::character(document, at);
    const size_t begin = at;
    at += found ? found->size : 1;
    const uint8_t number = found ? text::property_number(found->code) : 0;
    if (number < text::kind_lowers) {  // a separator, and so is an invalid byte
      letters = marks = false;
      continue;
    }
    const bool standalone = number >= text::kind_standalone && number < text::kind_plain;
    if (!(number >= text::kind_mark ? marks : letters && !standalone)) {
      out.push_back({{}, begin, 0});
      letters = !standalone;
      marks = true;
    }
    const int32_t to_lower = text::property_record[number].to_lower;
    fuzz::append(found->code + static_cast<char32_t>(to_lower), out.back().lower);
    out.back().end = at;
  }
  return out;
}

void walk(std::string_view document, text::WordScratch& scratch) {
  const std::vector<Word> expected = plain_words(document);
  size_t count = 0;
  text::for_each_word_span(
      document, scratch, [&](const char* word, size_t size, size_t begin, size_t end) {
        fuzz::require(count < expected.size(), "no word is found that is not there");
        fuzz::require(expected[count].lower == std::string_view(word, size), "words are equal");
        fuzz::require(expected[count].begin == begin && expected[count].end == end,
                      "so are places");
        std::array<char, 16> behind;
        std::memcpy(behind.data(), word + size, behind.size());  // for the address sanitizer
        ++count;
      });
  fuzz::require(count == expected.size(), "no word is missed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr std::string_view fillers[] = {
      "a", " ", "Z9", "\xc3\x89", "\xe6\x97\xa5", {"\0", 1}, "\xcc\x81", "\xff\x80", "\xc4\xb0"};
  fuzz::Draw draw(data, size);
  const std::string_view filler = fillers[draw.below(std::size(fillers))];
  const size_t before = (draw.below(8) == 7 ? 4000 : 0) + draw.byte(), after = draw.byte();
  std::string document;
  while (document.size() < before) document += filler;
  document += draw.rest();
  for (size_t i = 0; i < after; i += filler.size()) document += filler;

  const std::vector<char> bytes = fuzz::tight(document);
  text::WordScratch scratch;
  walk(fuzz::as_view(bytes).substr(bytes.size() / 2), scratch);  // leaves its traces in scratch
  walk(fuzz::as_view(bytes), scratch);
  return 0;
}
