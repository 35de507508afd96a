// unicode_tables: what the library knows of each character. Look-ups only; the numbers are made by
// generate_unicode_tables.py and stand in unicode_tables.cpp. Codes are those of utf8.hpp: code
// points and, above them, invalid bytes, which have no properties.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace corpusmill::text {

extern const char unicode_version[];  // of the Unicode Character Database, "15.0.0"

enum class Form : uint8_t { nfc, nfd, nfkc, nfkd };

/// Bits of Properties::flags, in the order of FLAGS in the generator.
enum Flag : uint16_t {
  flag_white_space = 1,         // White_Space
  flag_composes_back = 1 << 1,  // may join the character before it: NFC_Quick_Check = Maybe
  flag_folds_to_many = 1 << 2,  // status F in CaseFolding.txt
  flag_unstable = 1 << 3,       // << Form: normalisation to that form may change, move or join it
};

/// What a character is to words. Records are numbered by kind: a kind's begin at its value here.
enum Kind : uint16_t {
  kind_separator = 0,     // none of the others
  kind_lowers = 16,       // L* or N*, with a simple lower-case mapping
  kind_standalone = 120,  // L* or N* of a script in which each letter is a word
  kind_plain = 128,       // other L* or N*, and U+005F
  kind_mark = 176,        // M*
  kind_end = 256,
};

struct Properties {
  uint16_t flags;
  uint8_t combining_class;
  int32_t to_lower;   // add to the code: simple lower-case mapping, UnicodeData.txt field 13
  int32_t to_folded;  // add to the code: case folding of status C
};

/// `first` and `second` compose to `composite` (canonical composition, exclusions left out).
struct Composition {
  char32_t first, second, composite;
};

/// Case folding of status F; `folded` ends with the first 0 or with the array.
struct FoldToMany {
  char32_t code;
  char32_t folded[3];
};

// Two-stage tables, Unicode 15.0 section 5.1: code -> block -> value.
extern const Properties property_record[];
extern const uint8_t property_block[];
extern const uint8_t property_value[];
extern const char32_t decomposition_pool[];
extern const uint8_t decomposition_block[];
extern const uint16_t decomposition_value[];
extern const Composition compositions[];  // sorted by first, second
extern const size_t num_compositions;
extern const FoldToMany folds_to_many[];  // sorted by code
extern const size_t num_folds_to_many;
extern const char* const script_names[];  // as in Scripts.txt, of scripts that have letters; 0: ""
extern const size_t num_scripts;
extern const uint8_t script_block[];
extern const uint8_t script_value[];
extern const char32_t casing_start[];  // ascending, from 0: where runs of one value begin
extern const uint8_t casing_value[];   // bits of Casing
extern const size_t num_casings;

inline uint8_t property_number(char32_t code) {
  const size_t block = property_block[code >> 7];
  return property_value[block << 7 | (code & 127)];
}

inline const Properties& properties(char32_t code) {
  return property_record[property_number(code)];
}

/// Number in script_names of the script of a letter (category L*); 0 for what is no letter.
inline uint8_t script_of_letter(char32_t code) {
  const size_t block = script_block[code >> 7];
  return script_value[block << 7 | (code & 127)];
}

/// What decides whether a sigma before or after the character is a final one. O(log runs).
enum Casing : uint8_t { casing_cased = 1, casing_ignorable = 2 };

inline uint8_t casing(char32_t code) {
  const char32_t* const after = std::upper_bound(casing_start, casing_start + num_casings, code);
  return casing_value[after - casing_start - 1];
}

struct Decomposition {
  const char32_t* codes;
  size_t size;  // 0: the code stands for itself
};

/// The full canonical or compatibility decomposition; none for Hangul syllables, see normalize.cpp.
inline Decomposition decomposition(char32_t code, bool compatible) {
  const size_t block = decomposition_block[code >> 6];
  const char32_t* entry = decomposition_pool + decomposition_value[block << 6 | (code & 63)];
  const size_t canonical_size = *entry & 31, compatible_size = *entry >> 5;
  if (compatible && compatible_size != 0) return {entry + 1 + canonical_size, compatible_size};
  return {entry + 1, canonical_size};
}

}  // namespace corpusmill::text
