// pretokenize: one scanner for all patterns; what they differ in is a constant for the compiler.
#include "tokenizer/pretokenize.hpp"

#include <algorithm>
#include <cstring>

#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

namespace {

/// What comes after the letters of a word.
enum class Suffix : uint8_t { none, lower, any_case, glued };

struct Rules {
  bool cased;          // words have upper, then lower case; else any letters
  Suffix suffix;       // of words: 's and the like; glued: no piece of their own
  bool only_blank;     // a word may take a blank before it, and so may a number; else any character
                       // but digits and line ends, and a number nothing
  uint32_t digits;     // of a piece at most; 0: any
  bool newlines;       // go with the punctuation before them, and end a run of blanks
  bool slashes;        // as newlines after punctuation
  bool blanks_at_end;  // of the text are one piece
};

constexpr Rules rules_of(Pattern pattern) {
  switch (pattern) {
    case Pattern::gpt2: return {false, Suffix::lower, true, 0, false, false, true};
    case Pattern::cl100k: return {false, Suffix::any_case, false, 3, true, false, true};
    case Pattern::llama3: return {false, Suffix::any_case, false, 3, true, false, false};
    case Pattern::qwen2: return {false, Suffix::any_case, false, 1, true, false, false};
    case Pattern::o200k: return {true, Suffix::glued, false, 3, true, true, false};
    default: break;
  }
  return {true, Suffix::none, false, 1, true, true, false};
}

constexpr uint32_t words_and_spaces = letters | set_of(number) | set_of(space);
constexpr uint32_t can_be_upper = set_of(upper) | set_of(letter) | set_of(mark);
constexpr uint32_t can_be_lower = set_of(lower) | set_of(letter) | set_of(mark);

constexpr bool is_newline(char c) { return c == '\r' || c == '\n'; }

template <Pattern pattern>
class Scanner {
  static constexpr Rules rules = rules_of(pattern);

 public:
  Scanner(const Categories& categories, const char* end) : categories_(categories), end_(end) {}

  const char* piece(const char* at) const {
    const Character first = look(at);
    if (rules.suffix != Suffix::glued && rules.suffix != Suffix::none && *at == '\'') {
      const char* const behind = contraction(at);
      if (behind != at) return behind;
    }
    if (const char* const behind = word(at, first)) return behind;
    if (first.in(set_of(number))) return digits(at);
    if (!first.in(set_of(space))) return punctuation(first.end);
    if (*at == ' ' && first.end != end_) {
      const Character second = look(first.end);
      if (rules.only_blank && second.in(set_of(number))) return digits(first.end);
      if (!second.in(words_and_spaces)) return punctuation(second.end);
    }
    return blanks(at);
  }

 private:
  struct Character {
    uint32_t set;
    const char* end;
    bool in(uint32_t sets) const { return (set & sets) != 0; }
  };

  Character look(const char* at) const {
    const text::Decoded decoded = text::decode(at, end_);
    return {set_of(categories_[decoded.code]), at + decoded.size};
  }

  const char* run(const char* at, uint32_t sets) const {
    while (at != end_) {
      const Character next = look(at);
      if (!next.in(sets)) break;
      at = next.end;
    }
    return at;
  }

  /// A word with what may stand before it; null if none begins here.
  const char* word(const char* at, const Character& first) const {
    const bool before =
        rules.only_blank ? *at == ' ' : !first.in(letters | set_of(number)) && !is_newline(*at);
    if constexpr (!rules.cased) {
      if (first.in(letters)) return run(first.end, letters);
      if (!before || first.end == end_) return nullptr;
      const Character second = look(first.end);
      return second.in(letters) ? run(second.end, letters) : nullptr;
    } else {
      const char* behind = nullptr;
      if (before) behind = ends_lower(first.end);
      if (behind == nullptr) behind = ends_lower(at);
      if (behind == nullptr && before) behind = is_upper(first.end);
      if (behind == nullptr) behind = is_upper(at);
      if (behind == nullptr || rules.suffix == Suffix::none || behind == end_) return behind;
      return contraction(behind);
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
      if (!next.in(set_of(number))) break;
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

  /// Behind 's, 't, 're, 've, 'm, 'll or 'd; `at` if there is none. Without regard to case, a long
  /// s (U+017F) is an s too.
  const char* contraction(const char* at) const {
    if (*at != '\'' || end_ - at < 2) return at;
    const auto folded = [&](std::ptrdiff_t i) {
      if (end_ - at <= i) return '\0';
      const char c = at[i];
      return rules.suffix != Suffix::lower && c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
    };
    const char first = folded(1), second = folded(2);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
    const bool two =
        (first == 'l' && second == 'l') || ((first == 'r' || first == 'v') && second == 'e');
    if (two) return at + 3;
    const bool long_s = rules.suffix != Suffix::lower && first == '\xC5' && second == '\xBF';
    return long_s ? at + 3 : at;
  }

  const Categories& categories_;
  const char* end_;
};

template <Pattern pattern>
const char* scan(const Categories& categories, const char* at, const char* end) {
  return Scanner<pattern>(categories, end).piece(at);
}

const char* line(const Categories& /*categories*/, const char* at, const char* end) {
  const void* const found = std::memchr(at, '\n', static_cast<size_t>(end - at));
  if (found == nullptr) return end;
  return std::find_if(static_cast<const char*>(found), end, [](char c) { return c != '\n'; });
}

}  // namespace

PieceEnd piece_end(Pattern pattern) {
  switch (pattern) {
    case Pattern::gpt2: return scan<Pattern::gpt2>;
    case Pattern::cl100k: return scan<Pattern::cl100k>;
    case Pattern::llama3: return scan<Pattern::llama3>;
    case Pattern::qwen2: return scan<Pattern::qwen2>;
    case Pattern::o200k: return scan<Pattern::o200k>;
    case Pattern::lines: return line;
    case Pattern::tekken: break;
  }
  return scan<Pattern::tekken>;
}

}  // namespace corpusmill::tokenizer
