// loops: the few wide loops, as a table of functions per instruction-set level. One table is picked
// once per process; every level gives the same bits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace corpusmill::simd {

/// Some bytes, wherever they are.
struct Stretch {
  const char* begin;
  const char* end;
};

/// What is open where a text was cut; as it is made, for its beginning.
struct OpenPieces {
  bool line_to_come = true;       // the last line end has only blanks behind it
  bool paragraph_to_come = true;  // so has the last line end of a blank line
  bool in_line = false;           // of which more than blanks was seen
  const char* end = nullptr;      // of the last byte seen that is no blank
};

/// Which of 64 bytes are what the patterns of tokenizers tell apart; bit i is of byte i.
struct TextClasses {
  uint64_t high;   // >= 0x80
  uint64_t upper;  // A-Z
  uint64_t lower;  // a-z
  uint64_t digit;
  uint64_t control;  // below ' ' or 0x7f, but no space
  uint64_t space;    // blank, or \t to \r
  uint64_t blank;    // ' '
  uint64_t newline;  // \r, \n
  uint64_t quote;    // '\''
};

struct Loops {
  const char* level;

  /// Splits text into 64-byte blocks. For byte i of block b: bit i of word[b] says [0-9A-Za-z_],
  /// bit i of high[b] says >= 0x80 (such bytes are never in word). lower receives the text with
  /// A-Z lowered. Bits past the end are 0. Room: lower for size rounded up to 64; word and high for
  /// one entry per block.
  void (*classify)(const char* text, size_t size, char* lower, uint64_t* word, uint64_t* high);

  /// The classes of the first 64 bytes; if there are fewer, those behind them are high.
  void (*text_classes)(const char* text, size_t size, TextClasses* classes);

  /// How many bytes are '\n'.
  size_t (*count_newlines)(const char* text, size_t size);

  /// Length of the longest prefix that is well-formed UTF-8 and has no '"', no '\\' and no byte
  /// below 0x20.
  size_t (*string_prefix)(const char* text, size_t size);

  /// The same, and copies it to out. Room: size + 64 bytes, any of which may be written over.
  size_t (*string_copy)(const char* text, size_t size, char* out);

  /// out[i] = mix(sum of units[i + j] * B**(n - 1 - j) for j < n, + n * K), for each of the
  /// count - n + 1 windows. Needs count >= n >= 1 and room for count values in out.
  void (*windows)(const uint64_t* units, size_t count, size_t n, uint64_t* out);

  /// Writes the positions of the set bits of the words, ascending, and clears the words. Gives how
  /// many. Room: positions_room more than that, any of which may be written over.
  static constexpr size_t positions_room = 4;
  size_t (*positions)(uint64_t* words, size_t num_words, uint32_t* out);

  /// Writes where the contents of lines (text/pieces.hpp) begin, and the end of each to the one
  /// before it, out[-1] being the one before the first; the last one ends at open->end. Gives how
  /// many begin. A text may come in parts, all but the last of a multiple of 64 bytes. Room: for
  /// one before them and contents_room more than there are, whose values may be any until then.
  static constexpr size_t contents_room = 2;
  size_t (*line_contents)(const char* text, size_t size, OpenPieces* open, Stretch* out);

  /// The same of paragraphs.
  size_t (*paragraph_contents)(const char* text, size_t size, OpenPieces* open, Stretch* out);

  /// Where the contents of paragraphs begin in a text or part of one, and how many. Room: for as
  /// many as there are.
  size_t (*paragraph_begins)(const char* text, size_t size, OpenPieces* open, uint32_t* out);

  /// The rounds of the signature: each throws every shingle into one of the slots, which keeps its
  /// smallest value. Values of round r lie in [r, r + 1) * 2**30. Gives the largest slot.
  static constexpr uint32_t num_rounds = 3;
  uint32_t (*bucket_round[num_rounds])(const uint64_t* shingles, size_t count, size_t num_slots,
                                       uint32_t* slots);

  /// The signature's last resort: every shingle competes for every one of the given slots, each
  /// with its own salt; values lie in [3, 4) * 2**30. Slots come in groups of slot_group.
  static constexpr size_t slot_group = 16;
  void (*compete)(const uint64_t* shingles, size_t count, const uint32_t* salts, size_t num_groups,
                  uint32_t* slots);

  /// How many of the n entries are equal.
  size_t (*count_equal)(const uint32_t* left, const uint32_t* right, size_t n);

  /// XXH3-128, low half first. For hash.hpp of this folder.
  void (*hash_128)(const void* bytes, size_t size, uint64_t* halves);

  /// XXH3-64 of each stretch.
  void (*hash_each)(const Stretch* stretches, size_t count, uint64_t* out);

  /// The next bytes of an XXH3_state_t that was reset for 128 bits.
  void (*hash_update)(void* state, const void* bytes, size_t size);

  /// Sets the bits of each hash in turn in a split-block Bloom filter (ngram/bloom.hpp); there[i]:
  /// 1 if all of hash i were set by then, else 0.
  void (*bloom_insert)(uint32_t* words, uint64_t num_blocks, const uint64_t* hashes, size_t count,
                       uint8_t* there);

  /// The same, and sets none.
  void (*bloom_contains)(const uint32_t* words, uint64_t num_blocks, const uint64_t* hashes,
                         size_t count, uint8_t* there);

  /// The sum over at most 2**23 blocks of the product of the eight words' numbers of set bits; adds
  /// all set bits to bits.
  uint64_t (*bloom_load)(const uint32_t* words, size_t num_blocks, uint64_t* bits);
};

/// The table in use: the best this CPU has, or the one CORPUSMILL_SIMD names. Throws
/// std::invalid_argument if that names none or one this CPU lacks.
const Loops& loops();

/// Names of the levels this CPU can run, slowest first.
std::vector<const char*> available_levels();

}  // namespace corpusmill::simd
