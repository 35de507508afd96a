// piece_scanner: one piece of a text, character by character: the rules of the patterns of
// pretokenize.hpp, whose differences are constants for the compiler.
#pragma once
#include <cstddef>
#include <cstdint>

#include "tokenizer/categories.hpp"
#include "tokenizer/characters.hpp"
#include "tokenizer/pretokenize.hpp"

namespace corpusmill::tokenizer {

/// What comes after the letters of a word.
enum class Suffix : uint8_t { none, lower, any_case, glued };

struct Rules {
  bool cased = false;            // words have upper, then lower case; else any letters
  bool marks = false;            // are letters
  Suffix suffix = Suffix::none;  // of words: 's and the like; glued: no piece of their own
  bool only_blank = false;       // a word may take a blank before it, and so may a number; else any
                                 // character but digits and line ends, and a number nothing
  uint32_t digits = 0;           // of a piece at most; 0: any
  bool newlines = true;          // go with the punctuation before them, and end a run of blanks
  bool slashes = false;          // as newlines after punctuation
  bool blanks_at_end = false;    // of the text are one piece
  bool by_parts = false;         // numbers and Han or kana are cut out first: part_scanner.hpp
};

constexpr Rules rules_of(Pattern pattern) {
  switch (pattern) {
    case Pattern::gpt2:
      return {
          .suffix = Suffix::lower, .only_blank = true, .newlines = false, .blanks_at_end = true};
    case Pattern::cl100k: return {.suffix = Suffix::any_case, .digits = 3, .blanks_at_end = true};
    case Pattern::llama3: return {.suffix = Suffix::any_case, .digits = 3};
    case Pattern::qwen2: return {.suffix = Suffix::any_case, .digits = 1};
    case Pattern::qwen35: return {.marks = true, .suffix = Suffix::any_case, .digits = 1};
    case Pattern::o200k:
      return {.cased = true, .suffix = Suffix::glued, .digits = 3, .slashes = true};
    case Pattern::deepseek: return {.marks = true, .digits = 3, .by_parts = true};
    case Pattern::tekken:
    case Pattern::lines:  // this and those below are not cut by such rules
    case Pattern::superbpe:
    case Pattern::thousands:
    case Pattern::superbpe128k: break;
  }
  return {.cased = true, .digits = 1, .slashes = true};
}

constexpr bool is_newline(char c) { return c == '\r' || c == '\n'; }

/// Bytes of 's, 't, 're, 've, 'm, 'll or 'd; 0 if there is none. Without regard to case, a long s
/// (U+017F) is an s too.
template <Suffix suffix>
size_t contraction(const char* at, const char* end) {
  if (*at != '\'' || end - at < 2) return 0;
  const auto folded = [&](std::ptrdiff_t i) {
    if (end - at <= i) return '\0';
    const char c = at[i];
    return suffix != Suffix::lower && c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
  };
  const char first = folded(1), second = folded(2);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  if ((first == 'l' && second == 'l') || ((first == 'r' || first == 'v') && second == 'e'))
    return 3;
  return suffix != Suffix::lower && first == '\xC5' && second == '\xBF' ? 3 : 0;
}

/// The category alone.
struct CategoryOf {
  const Categories* categories;
  uint32_t operator()(char32_t code) const { return set_of((*categories)[code]); }
};

template <Pattern pattern>
class PieceScanner : Characters<CategoryOf> {
  static constexpr Rules rules = rules_of(pattern);
  static constexpr uint32_t word_letters = letters | (rules.marks ? set_of(mark) : 0);
  static constexpr uint32_t words_and_spaces = word_letters | numbers | set_of(space);
  static constexpr uint32_t can_be_upper = set_of(upper) | set_of(letter) | set_of(mark);
  static constexpr uint32_t can_be_lower = set_of(lower) | set_of(letter) | set_of(mark);

 public:
  PieceScanner(const Categories& categories, const char* end)
      : Characters<CategoryOf>({&categories}, end) {}

  /// Where the piece ends that begins at `at`; needs at < end.
  const char* piece(const char* at) const {
    const Character first = look(at);
    if constexpr (rules.suffix == Suffix::lower || rules.suffix == Suffix::any_case) {
      if (const size_t size = contraction<rules.suffix>(at, end_)) return at + size;
    }
    if (const char* const behind = word(at, first)) return behind;
    if (first.in(numbers)) return digits(at);
    if (!first.in(set_of(space))) return punctuation(first.end);
    if (*at == ' ' && first.end != end_) {
      const Character second = look(first.end);
      if (rules.only_blank && second.in(numbers)) return digits(first.end);
      if (!second.in(words_and_spaces)) return punctuation(second.end);
    }
    return blanks(at);
  }

 private:
  /// A word with what may stand before it; null if none begins here.
  const char* word(const char* at, const Character& first) const {
    const bool before =
        rules.only_blank ? *at == ' ' : !first.in(letters | numbers) && !is_newline(*at);
    if constexpr (!rules.cased) {
      if (first.in(word_letters)) return run(first.end, word_letters);
      if (!before || first.end == end_) return nullptr;
      const Character second = look(first.end);
      return second.in(word_letters) ? run(second.end, word_letters) : nullptr;
    } else {
      const char* behind = nullptr;
      if (before) behind = ends_lower(first.end);
      if (behind == nullptr) behind = ends_lower(at);
      if (behind == nullptr && before) behind = is_upper(first.end);
      if (behind == nullptr) behind = is_upper(at);
      if (behind == nullptr || rules.suffix == Suffix::none || behind == end_) return behind;
      return behind + contraction<rules.suffix>(behind, end_);
    }
  }

  /// Characters that can be upper, then at least one that can be lower: as many of both as there
  /// are, and of the first kind as few less as leave one of the second. Null if there is none.
  const char* ends_lower(const char* at) const {
    const char* behind = nullptr;
    while (at != end_) {
      const Character next = look(at);
      if (!next.in(can_be_upper)) break;
      at = next.end;
      if (next.in(can_be_lower)) behind = at;
    }
    const char* const lower_end = run(at, can_be_lower);
    return lower_end != at ? lower_end : behind;
  }

  const char* is_upper(const char* at) const {
    const char* const behind = run(at, can_be_upper);
    return behind != at ? behind : nullptr;
  }

  const char* digits(const char* at) const {
    for (uint32_t left = rules.digits; at != end_; --left) {
      if (rules.digits != 0 && left == 0) break;
      const Character next = look(at);
      if (!next.in(numbers)) break;
      at = next.end;
    }
    return at;
  }

  /// The rest of a run of what is neither word nor space.
  const char* punctuation(const char* at) const {
    while (at != end_) {
      const Character next = look(at);
      if (next.in(words_and_spaces)) break;
      at = next.end;
    }
    if (!rules.newlines) return at;
    while (at != end_ && (is_newline(*at) || (rules.slashes && *at == '/'))) ++at;
    return at;
  }

  /// Spaces: those at the end of the text, else up to the last line end, else all but the last one,
  /// which may go with what follows.
  const char* blanks(const char* at) const {
    const char* last = at;
    const char* newline = nullptr;
    const char* behind = at;
    while (behind != end_) {
      const Character next = look(behind);
      if (!next.in(set_of(space))) break;
      if (is_newline(*behind)) newline = next.end;
      last = behind;
      behind = next.end;
    }
    if (rules.blanks_at_end && behind == end_) return behind;
    if (rules.newlines && newline != nullptr) return newline;
    return behind == end_ || last == at ? behind : last;
  }
};

}  // namespace corpusmill::tokenizer
