// library_characters: runs unrolled; graphemes by the rules of UAX #29 that matter to clusters of
// less than six bytes, for the library asks for no others.
#include "tokenizer/library_characters.hpp"

#include "text/hangul.hpp"
#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr char32_t joiner = 0x200D;

bool is_between(char32_t code, char32_t first, char32_t last) {
  return code - first <= last - first;
}

enum class Jamo : uint8_t { none, leading, vowel, trailing, open, closed };

Jamo jamo(char32_t code) {
  if (text::is_syllable(code)) {
    return (code - text::syllable_base) % text::num_t == 0 ? Jamo::open : Jamo::closed;
  }
  if (is_between(code, 0x1100, 0x115F) || is_between(code, 0xA960, 0xA97C)) return Jamo::leading;
  if (is_between(code, 0x1160, 0x11A7) || is_between(code, 0xD7B0, 0xD7C6)) return Jamo::vowel;
  if (is_between(code, 0x11A8, 0x11FF) || is_between(code, 0xD7CB, 0xD7FB)) return Jamo::trailing;
  return Jamo::none;
}

/// Rules GB6 to GB8.
bool is_one_syllable(char32_t left, char32_t right) {
  const Jamo before = jamo(left), behind = jamo(right);
  if (before == Jamo::none || behind == Jamo::none) return false;
  if (before == Jamo::leading) return behind != Jamo::trailing;
  if (before == Jamo::open || before == Jamo::vowel) {
    return behind == Jamo::vowel || behind == Jamo::trailing;
  }
  return behind == Jamo::trailing;
}

}  // namespace

const LibraryCharacters& library_characters() {
  static const LibraryCharacters all = [] {
    size_t run = 0;
    return LibraryCharacters([&](char32_t code) {
      if (code > text::last_code_point) return uint8_t{0};
      while (run + 1 < num_library_runs && library_runs[run + 1] >> 8 <= code) ++run;
      return static_cast<uint8_t>(library_runs[run]);
    });
  }();
  return all;
}

const char* grapheme_end(const LibraryCharacters& characters, const char* at, const char* end) {
  text::Decoded last = text::decode(at, end);
  at += last.size;
  if (at == end) return at;
  if (last.code == '\r') return *at == '\n' ? at + 1 : at;
  uint8_t flags = characters[last.code];
  bool is_pictograph = (flags & library_pictograph) != 0;
  while (at != end && (flags & library_control) == 0) {
    const text::Decoded next = text::decode(at, end);
    const uint8_t is = characters[next.code];
    if ((is & library_control) != 0) break;
    const bool joined = is_pictograph && last.code == joiner && (is & library_pictograph) != 0;
    const bool goes_on = (is & library_extends) != 0;
    if (!goes_on && !joined && (flags & library_prepends) == 0 &&
        !is_one_syllable(last.code, next.code)) {
      break;
    }
    is_pictograph = (is & library_pictograph) != 0 || (goes_on && is_pictograph);
    last = next;
    flags = is;
    at += next.size;
  }
  return at;
}

}  // namespace corpusmill::tokenizer
