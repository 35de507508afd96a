// library_characters: what the library tokenizers (0.23.3) asks of a character, as its several
// Unicode versions have it: whether it is part of a word, a mark, and what it is one grapheme
// with.
#pragma once
#include <cstddef>
#include <cstdint>

#include "tokenizer/code_table.hpp"

namespace corpusmill::tokenizer {

/// Bits, in the order of NAMES in generate_library.py.
enum LibraryFlag : uint8_t {
  library_word = 1,             // \w: parts no word from an added token
  library_extends = 1 << 1,     // goes with the character before it
  library_control = 1 << 2,     // stands alone; told of characters below U+10000
  library_prepends = 1 << 3,    // the character behind it goes with it; told of the same
  library_pictograph = 1 << 4,  // goes with a pictograph and U+200D before it
  library_mark = 1 << 5,        // StripAccents drops it
};

// Written by generate_library.py.
extern const size_t num_library_runs;
extern const uint32_t library_runs[];  // first code point << 8 | flags, ascending, from 0

using LibraryCharacters = CodeTable<uint8_t>;

/// One for the process, made at the first call. Threads may call at once.
const LibraryCharacters& library_characters();

/// Where the grapheme ends that begins at `at`: needs at < end, and text in UTF-8.
const char* grapheme_end(const LibraryCharacters& characters, const char* at, const char* end);

}  // namespace corpusmill::tokenizer
