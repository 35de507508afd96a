// part_scanner: one piece of a text by the pattern that first cuts out numbers, then runs of Han or
// kana, and takes what is between two of those as a text of its own. The face of piece_scanner.hpp.
#pragma once
#include "tokenizer/categories.hpp"
#include "tokenizer/characters.hpp"
#include "tokenizer/piece_scanner.hpp"

namespace corpusmill::tokenizer {

/// The category, or Han or kana.
struct PartOf {
  static constexpr uint32_t han_or_kana = 1u << 31;

  const Categories* categories;
  uint32_t operator()(char32_t code) const {
    const bool is_cut_out =
        (code >= 0x4E00 && code <= 0x9FA5) || (code >= 0x3040 && code <= 0x30FF);
    return is_cut_out ? han_or_kana : set_of((*categories)[code]);
  }
};

class PartScanner : Characters<PartOf> {
  static constexpr uint32_t han_or_kana = PartOf::han_or_kana;
  static constexpr uint32_t cut_out = han_or_kana | numbers;
  static constexpr uint32_t word_letters = letters | set_of(mark);
  static constexpr uint32_t signs = set_of(punctuation) | set_of(symbol);
  static constexpr int most_digits = 3;

 public:
  PartScanner(const Categories& categories, const char* end)
      : Characters<PartOf>({&categories}, end) {}

  /// Where the piece ends that begins at `at`; needs at < end.
  const char* piece(const char* at) const {
    const Character first = look(at);
    if (first.in(word_letters)) return run(first.end, word_letters);
    if (first.in(numbers)) return digits(first.end);
    if (first.in(han_or_kana)) return run(first.end, han_or_kana);
    const Character second = first.end == end_ ? Character{cut_out, end_} : look(first.end);
    if (first.in(signs)) {
      const bool word = is_ascii_letter(second) && first.end - at == 1;
      return word ? ascii_letters(second.end) : newlines(run(first.end, signs));
    }
    if (second.in(word_letters) && !is_newline(*at)) return run(second.end, word_letters);
    if (*at == ' ' && second.in(signs)) return newlines(run(second.end, signs));
    return first.in(set_of(space)) ? blanks(at) : nothing(first.end);
  }

 private:
  static bool is_ascii(char c, char first, char last) { return c >= first && c <= last; }
  static bool is_ascii_letter(const Character& character) {
    const auto c = static_cast<char>(character.end[-1] | 32);
    return character.in(letters) && is_ascii(c, 'a', 'z');
  }

  const char* ascii_letters(const char* at) const {
    while (at != end_ && is_ascii(static_cast<char>(*at | 32), 'a', 'z')) ++at;
    return at;
  }

  const char* digits(const char* at) const {
    for (int num = 1; num < most_digits && at != end_; ++num) {
      const Character next = look(at);
      if (!next.in(numbers)) break;
      at = next.end;
    }
    return at;
  }

  const char* newlines(const char* at) const {
    while (at != end_ && is_newline(*at)) ++at;
    return at;
  }

  /// Up to the last line end; else all where the part ends with them; else all but the last one.
  const char* blanks(const char* at) const {
    const char* last = at;
    const char* newline = nullptr;
    const char* behind = at;
    bool ends_part = true;
    while (behind != end_) {
      const Character next = look(behind);
      ends_part = next.in(cut_out);
      if (!next.in(set_of(space))) break;
      if (is_newline(*behind)) newline = next.end;
      last = behind;
      behind = next.end;
    }
    if (newline != nullptr) return newline;
    return behind == end_ || ends_part || last == at ? behind : last;
  }

  /// The rest of what the pattern does not find: controls and the like with no word behind them.
  const char* nothing(const char* at) const {
    while (at != end_) {
      const Character next = look(at);
      if (!next.in(set_of(other))) break;
      if (next.end != end_ && look(next.end).in(word_letters)) break;
      at = next.end;
    }
    return at;
  }
};

}  // namespace corpusmill::tokenizer
