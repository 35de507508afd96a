// superword_scanner: one piece of a text by the patterns of SuperBPE, which cut little: a piece may
// go on over many words. The face of piece_scanner.hpp, but for knowing the text before a piece.
#pragma once
#include <cstddef>
#include <string_view>

#include "tokenizer/categories.hpp"
#include "tokenizer/characters.hpp"
#include "tokenizer/piece_scanner.hpp"

namespace corpusmill::tokenizer {

/// The category; and for the splitter Digits of the library tokenizers what is a number by the
/// version after that of categories.hpp: its expressions know one Unicode, its splitters another.
template <bool by_splitter>
struct NumberOf {
  const Categories* categories;
  uint32_t operator()(char32_t code) const {
    const bool is_later =
        (code >= 0x11DE0 && code <= 0x11DE9) || (code >= 0x16FF4 && code <= 0x16FF6);
    return set_of(by_splitter && is_later ? number : (*categories)[code]);
  }
};

/// Cuts runs of digits in threes, counted from the right: "1234" is "1" and "234". apart: runs of
/// numbers are cut out first.
///
/// Where a run of three digits or more begins it is counted, once. Behind its first cut nothing is:
/// a piece that begins between two digits begins at a cut, and there a multiple of three is left.
template <bool apart>
class ThousandsScanner : Characters<NumberOf<apart>> {
  using Characters<NumberOf<apart>>::end_;
  using Characters<NumberOf<apart>>::look;
  using Characters<NumberOf<apart>>::run;
  static constexpr uint32_t digits = set_of(digit);
  static constexpr uint32_t between = apart ? set_of(number) : ~digits;  // two runs of a piece

 public:
  ThousandsScanner(const Categories& categories, std::string_view text)
      : Characters<NumberOf<apart>>({&categories}, text.data() + text.size()), text_(text) {}

  /// Where the piece ends that begins at `at`; needs at < end.
  const char* piece(const char* at) const {
    const Character first = look(at);
    if (apart && !first.in(numbers)) return run(first.end, ~numbers);
    if (first.in(digits)) {
      const size_t left = is_behind_digit(at) ? 3 : count(at) % 3;
      at = skip(at, left == 0 ? 3 : left);
      if (at != end_ && look(at).in(digits)) return at;
    }
    for (;;) {
      at = run(at, between);
      if (at == end_ || !look(at).in(digits)) return at;
      const size_t num = count(at);
      if (num >= 3) return skip(at, num % 3);
      at = skip(at, num);
    }
  }

 private:
  bool is_behind_digit(const char* at) const {
    if (at == text_.data()) return false;
    const auto last = static_cast<size_t>(at - text_.data()) - 1;
    return look(text_.data() + text::character_begin(text_, last)).in(digits);
  }

  /// Digits in a row from here on.
  size_t count(const char* at) const {
    size_t num = 0;
    for (; at != end_; ++num) {
      const Character next = look(at);
      if (!next.in(digits)) break;
      at = next.end;
    }
    return num;
  }

  const char* skip(const char* at, size_t num) const {
    for (; num != 0 && at != end_; --num) at = look(at).end;
    return at;
  }

  std::string_view text_;
};

/// Cuts out numbers of up to three characters, runs of two marks or more, and blanks but for one;
/// what is between them is in one.
class SuperwordScanner : Characters<CategoryOf> {
  static constexpr uint32_t no_mark = letters | numbers | set_of(space);
  static constexpr int most_digits = 3;

 public:
  SuperwordScanner(const Categories& categories, std::string_view text)
      : Characters<CategoryOf>({&categories}, text.data() + text.size()) {}

  /// Where the piece ends that begins at `at`; needs at < end.
  const char* piece(const char* at) const {
    if (const char* const behind = cut_out(at)) return behind;
    do {
      at = look(at).end;
    } while (at != end_ && cut_out(at) == nullptr);
    return at;
  }

 private:
  /// Where it ends what is cut out from here on; null if nothing is.
  const char* cut_out(const char* at) const {
    const Character first = look(at);
    if (first.in(letters)) return nullptr;
    if (first.in(numbers)) return few_numbers(first.end);
    if (*at != ' ') return first.in(no_mark) ? nullptr : marks(first.end);
    if (first.end == end_) return end_;
    const Character second = look(first.end);
    if (second.in(set_of(space))) return blanks(first.end);
    return second.in(no_mark) ? nullptr : marks(second.end);
  }

  /// Of those behind the first, and the line ends and slashes behind them; null if it is alone.
  const char* marks(const char* at) const {
    const char* const behind = run(at, ~no_mark);
    if (behind == at) return nullptr;
    at = behind;
    while (at != end_ && (is_newline(*at) || *at == '/')) ++at;
    return at;
  }

  const char* few_numbers(const char* at) const {
    for (int num = 1; num < most_digits && at != end_; ++num) {
      const Character next = look(at);
      if (!next.in(numbers)) break;
      at = next.end;
    }
    return at;
  }

  /// Of those behind the first, which other white space follows, or the end, else all but the last.
  const char* blanks(const char* at) const {
    while (at != end_ && *at == ' ') ++at;
    return at == end_ || look(at).in(set_of(space)) ? at : at - 1;
  }
};

}  // namespace corpusmill::tokenizer
