// bert_characters: what BERT's normalizer and pre-tokenizer ask of a character, as the reference
// library (tokenizers 0.23.3) knows it, whose tables are of several Unicode versions.
#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>

#include "tokenizer/code_table.hpp"

namespace corpusmill::tokenizer {

/// Bits of BertCharacter::flags, in the order of NAMES in generate_bert.py.
enum BertFlag : uint32_t {
  bert_dropped = 1,           // clean_text: a control, U+0000, U+FFFD
  bert_white = 1 << 1,        // parts words; clean_text makes it U+0020 if it does not drop it
  bert_punctuation = 1 << 2,  // a piece of its own
  bert_accent = 1 << 3,       // strip_accents drops it where a decomposed text has it
  bert_ideograph = 1 << 4,    // handle_chinese_chars puts blanks on its two sides
  bert_late = 1 << 5,         // newer than the reference's decompositions: has none, and class 0
};

struct BertCharacter {
  uint32_t flags = 0;
  int32_t to_lower = 0;  // add to the code; 0 for U+0130, whose lower case is two characters

  bool is(uint32_t some) const { return (flags & some) != 0; }
  friend auto operator<=>(const BertCharacter&, const BertCharacter&) = default;
};

constexpr char32_t dotted_i = 0x130;  // becomes "i" and U+0307

/// first, first + step, ... last.
struct BertLowerRun {
  char32_t first, last, step;
  int32_t to_lower;
};

// Written by generate_bert.py.
extern const size_t num_bert_flag_runs;
extern const uint32_t bert_flag_runs[];  // first code point << 8 | flags, ascending, from 0
extern const size_t num_bert_lower_runs;
extern const BertLowerRun bert_lower_runs[];  // ascending; some overlap

using BertCharacters = CodeTable<BertCharacter>;

/// One for the process, made at the first call. Threads may call at once. An invalid byte is what
/// U+FFFD is.
const BertCharacters& bert_characters();

/// Its class in the canonical ordering.
uint8_t bert_combining_class(char32_t code);

}  // namespace corpusmill::tokenizer
