// loops: compiled once per level, with that level's instructions. Includes nothing that another
// file compiles too, and everything but the table has internal linkage: an inline function built
// here for AVX-512 must never be the copy the linker keeps for all. (Of XXH3's header each file
// has a static copy of its own, which takes the widest vectors it is compiled for.)
#include "simd/loops.hpp"

#include "simd/bloom.hpp"
#include "simd/bytes.hpp"
#include "simd/classes.hpp"
#include "simd/pieces.hpp"
#include "simd/xxh3.hpp"

namespace {

using corpusmill::simd::Loops;

constexpr uint64_t window_base = 0x9e3779b97f4a7c15u;
constexpr uint64_t length_salt = 0xc2b2ae3d27d4eb4fu;
constexpr uint64_t mix_factor = 0xd6e8feb86659fd93u;

uint64_t mix(uint64_t x) {
  x ^= x >> 32;
  x *= mix_factor;
  x ^= x >> 32;
  x *= mix_factor;
  return x ^ (x >> 32);
}

void classify_block(Bytes text, char* lower, uint64_t* word, uint64_t* high) {
  const Bytes low = text.lowered();
  low.store(lower);
  *word = low.between('a', 'z') | low.between('0', '9') | low.equal('_');
  *high = low.high();
}

void classify(const char* text, size_t size, char* lower, uint64_t* word, uint64_t* high) {
  size_t block = 0;
  for (; 64 * (block + 1) <= size; ++block) {
    classify_block(Bytes::load(text + 64 * block), lower + 64 * block, word + block, high + block);
  }
  if (64 * block == size) return;
  char rest[64] = {};
  std::memcpy(rest, text + 64 * block, size - 64 * block);
  classify_block(Bytes::load(rest), lower + 64 * block, word + block, high + block);
}

size_t count_newlines(const char* text, size_t size) {
  size_t count = 0;
  size_t i = 0;
  for (; i + 64 <= size; i += 64) {
    count += static_cast<size_t>(__builtin_popcountll(Bytes::load(text + i).equal('\n')));
  }
  for (; i < size; ++i) count += text[i] == '\n';
  return count;
}

// Marks bytes that UTF-8 does not allow where they are, in a block that starts at a character.
// leads[i]: first bytes of sequences of i + 2 bytes or more; expected: where they ask for another.
uint64_t malformed(Bytes text, uint64_t high, const uint64_t* leads, uint64_t expected) {
  const uint64_t following = high & ~text.at_least(0xc0);
  const uint64_t from_a0 = text.at_least(0xa0);
  const uint64_t e0 = leads[1] & ~text.at_least(0xe1);             // overlong below a0
  const uint64_t ed = text.at_least(0xed) & ~text.at_least(0xee);  // a surrogate from a0 on
  uint64_t bad = (expected ^ following) | (high & ~following & ~leads[0]) | (e0 << 1 & ~from_a0) |
                 (ed << 1 & from_a0);
  if (leads[2] != 0) {
    const uint64_t from_90 = text.at_least(0x90);
    const uint64_t f0 = leads[2] & ~text.at_least(0xf1);  // overlong below 90
    const uint64_t from_f4 = text.at_least(0xf4);         // past U+10FFFF from 90 on
    bad |= text.at_least(0xf5) | (f0 << 1 & ~from_90) | (from_f4 << 1 & from_90);
  }
  return bad;
}

// For a block that starts at a character: how many bytes come before the first that `stop` marks
// and before the first sequence that is malformed or not all in the block. Not inlined, or runs of
// ASCII would pay for setting up its constants.
[[gnu::noinline]] size_t utf8_block(Bytes text, uint64_t high, uint64_t stop) {
  const uint64_t leads[3] = {text.at_least(0xc2), text.at_least(0xe0), text.at_least(0xf0)};
  const uint64_t expected = leads[0] << 1 | leads[1] << 2 | leads[2] << 3;
  const uint64_t bad = malformed(text, high, leads, expected) & (stop ^ (stop - 1));
  if (bad == 0) {
    if (stop != 0) return static_cast<size_t>(__builtin_ctzll(stop));
    const uint64_t cut = (leads[0] & uint64_t{1} << 63) | (leads[1] & uint64_t{1} << 62) |
                         (leads[2] & uint64_t{1} << 61);
    return cut == 0 ? 64 : static_cast<size_t>(__builtin_ctzll(cut));
  }
  const auto at = static_cast<size_t>(__builtin_ctzll(bad));
  if ((expected >> at & 1) == 0) return at;
  const uint64_t firsts = (~high | text.at_least(0xc0)) & ((uint64_t{1} << at) - 1);
  return 63 - static_cast<size_t>(__builtin_clzll(firsts));
}

size_t string_block(Bytes text) {
  const uint64_t stop = text.equal('"') | text.equal('\\') | text.below(0x20);
  const uint64_t high = text.high();
  if ((stop | high) == 0) return 64;
  if ((high & (stop - 1)) != 0) return utf8_block(text, high, stop);
  return static_cast<size_t>(__builtin_ctzll(stop));
}

template <bool copy>
size_t string_run(const char* text, size_t size, char* out) {
  size_t i = 0;
  while (i + 64 <= size) {
    const Bytes block = Bytes::load(text + i);
    if (copy) block.store(out + i);
    const size_t taken = string_block(block);
    i += taken;
    if (taken < 61) return i;  // from 61 on a sequence may only have been cut
  }
  char rest[64] = {};  // a zero byte is below 0x20, so the search ends at the end
  std::memcpy(rest, text + i, size - i);
  const Bytes block = Bytes::load(rest);
  if (copy) block.store(out + i);
  return i + string_block(block);
}

size_t string_prefix(const char* text, size_t size) {
  return string_run<false>(text, size, nullptr);
}

size_t string_copy(const char* text, size_t size, char* out) {
  return string_run<true>(text, size, out);
}

// The windows of length n by doubling: from length m to 2m and to m + 1, as the bits of n say.
void windows(const uint64_t* units, size_t count, size_t n, uint64_t* out) {
  const uint64_t* in = units;    // windows of this length; from the first doubling on, out
  uint64_t power = window_base;  // window_base ** length
  size_t length = 1;
  for (int bit = 62 - __builtin_clzll(n); bit >= 0; --bit) {
    size_t have = count - 2 * length + 1;
#pragma GCC ivdep
    for (size_t i = 0; i < have; ++i) out[i] = in[i] * power + in[i + length];
    in = out;
    power *= power;
    length *= 2;
    if ((n >> bit & 1) == 0) continue;
    have = count - length;
#pragma GCC ivdep
    for (size_t i = 0; i < have; ++i) out[i] = out[i] * window_base + units[i + length];
    power *= window_base;
    length += 1;
  }
#pragma GCC ivdep
  for (size_t i = 0; i < count - n + 1; ++i) out[i] = mix(in[i] + n * length_salt);
}

// A few at a time whether there are so many or not: where a word's bits end is hard to predict.
size_t positions(uint64_t* words, size_t num_words, uint32_t* out) {
  constexpr int at_once = Loops::positions_room;
  size_t count = 0;
  for (size_t word = 0; word < num_words; ++word) {
    uint64_t bits = words[word];
    words[word] = 0;
    const int num = __builtin_popcountll(bits);
    uint32_t* const at = out + count;
    for (int i = 0; i < num; i += at_once) {
      for (int j = 0; j < at_once; ++j, bits &= bits - 1) {
        const auto bit = static_cast<uint32_t>(__builtin_ctzll(bits | uint64_t{1} << 63));
        at[i + j] = static_cast<uint32_t>(64 * word) + bit;
      }
    }
    count += static_cast<size_t>(num);
  }
  return count;
}

// 32-bit factors, because the narrow levels have no 64-bit multiply.
template <uint32_t round>
uint32_t bucket_round(const uint64_t* shingles, size_t count, size_t num_slots, uint32_t* slots) {
  constexpr uint64_t factors[] = {0, 0x9e3779b1u, 0x85ebca77u};
  constexpr size_t piece = 256;  // the arithmetic goes wide, the scattered minima after it cannot
  uint32_t slot[piece];
  uint32_t value[piece];
  for (size_t begin = 0; begin < count; begin += piece) {
    const size_t size = count - begin < piece ? count - begin : piece;
    for (size_t i = 0; i < size; ++i) {
      uint64_t x = shingles[begin + i];
      if constexpr (round > 0) x = (x & 0xffffffffu) * factors[round] ^ (x << 32 | x >> 32);
      slot[i] = static_cast<uint32_t>((x & 0xffffffffu) * num_slots >> 32);
      value[i] = static_cast<uint32_t>(x >> 34) | round << 30;
    }
    for (size_t i = 0; i < size; ++i) {
      uint32_t& smallest = slots[slot[i]];
      smallest = value[i] < smallest ? value[i] : smallest;
    }
  }
  uint32_t largest = 0;
  for (size_t j = 0; j < num_slots; ++j) largest = slots[j] > largest ? slots[j] : largest;
  return largest;
}

// Groups of slots outside, shingles inside: a group's minima stay in registers.
void compete(const uint64_t* shingles, size_t count, const uint32_t* salts, size_t num_groups,
             uint32_t* slots) {
  constexpr size_t lanes = Loops::slot_group;
  for (size_t group = 0; group < num_groups; ++group, salts += lanes, slots += lanes) {
    uint32_t smallest[lanes];
    std::memcpy(smallest, slots, sizeof smallest);
    for (size_t i = 0; i < count; ++i) {
      const auto shingle = static_cast<uint32_t>(shingles[i] >> 32);
      for (size_t j = 0; j < lanes; ++j) {
        uint32_t value = (shingle ^ salts[j]) * 0x9e3779b1u;
        value ^= value >> 15;
        value = (value * 0x85ebca77u) >> 2 | 0xc0000000u;
        smallest[j] = value < smallest[j] ? value : smallest[j];
      }
    }
    std::memcpy(slots, smallest, sizeof smallest);
  }
}

size_t count_equal(const uint32_t* left, const uint32_t* right, size_t n) {
  uint32_t equal = 0;
  for (size_t i = 0; i < n; ++i) equal += left[i] == right[i];
  return equal;
}

}  // namespace

#define CORPUSMILL_NAME2(prefix, level) prefix##level
#define CORPUSMILL_NAME(prefix, level) CORPUSMILL_NAME2(prefix, level)
#define CORPUSMILL_TEXT2(level) #level
#define CORPUSMILL_TEXT(level) CORPUSMILL_TEXT2(level)

namespace corpusmill::simd {

extern const Loops CORPUSMILL_NAME(loops_, CORPUSMILL_LEVEL);
const Loops CORPUSMILL_NAME(loops_, CORPUSMILL_LEVEL) = {
    CORPUSMILL_TEXT(CORPUSMILL_LEVEL),
    classify,
    text_classes,
    count_newlines,
    string_prefix,
    string_copy,
    windows,
    positions,
    line_contents,
    paragraph_contents,
    paragraph_begins,
    {bucket_round<0>, bucket_round<1>, bucket_round<2>},
    compete,
    count_equal,
    hash_128,
    hash_each,
    hash_update,
    bloom_insert,
    bloom_contains,
    bloom_load,
};

}  // namespace corpusmill::simd
