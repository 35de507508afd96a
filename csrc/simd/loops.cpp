// loops: compiled once per level, with that level's instructions. Includes nothing that another
// file compiles too, and everything but the table has internal linkage: an inline function built
// here for AVX-512 must never be the copy the linker keeps for all.
#include "simd/loops.hpp"

#include "simd/bytes.hpp"

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

uint64_t special(Bytes text) {
  return text.equal('"') | text.equal('\\') | text.below(0x20) | text.high();
}

size_t plain_prefix(const char* text, size_t size) {
  size_t i = 0;
  for (; i + 64 <= size; i += 64) {
    const uint64_t found = special(Bytes::load(text + i));
    if (found != 0) return i + static_cast<size_t>(__builtin_ctzll(found));
  }
  char rest[64] = {};  // a zero byte is special, so the search ends at the end
  std::memcpy(rest, text + i, size - i);
  return i + static_cast<size_t>(__builtin_ctzll(special(Bytes::load(rest))));
}

// The windows of length n by doubling: from length m to 2m and to m + 1, as the bits of n say.
void windows(const uint64_t* units, size_t count, size_t n, uint64_t* out) {
  std::memcpy(out, units, count * sizeof *out);
  uint64_t power = window_base;  // window_base ** length
  size_t length = 1;
  for (int bit = 62 - __builtin_clzll(n); bit >= 0; --bit) {
    size_t have = count - 2 * length + 1;
#pragma GCC ivdep
    for (size_t i = 0; i < have; ++i) out[i] = out[i] * power + out[i + length];
    power *= power;
    length *= 2;
    if ((n >> bit & 1) == 0) continue;
    have = count - length;
#pragma GCC ivdep
    for (size_t i = 0; i < have; ++i) out[i] = out[i] * window_base + units[i + length];
    power *= window_base;
    length += 1;
  }
  for (size_t i = 0; i < count - n + 1; ++i) out[i] = mix(out[i] + n * length_salt);
}

// 32-bit factors, because the narrow levels have no 64-bit multiply.
template <uint32_t round>
void bucket_round(const uint64_t* shingles, size_t count, size_t num_slots, uint32_t* slots) {
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
    plain_prefix,
    windows,
    {bucket_round<0>, bucket_round<1>, bucket_round<2>},
    compete,
    count_equal,
};

}  // namespace corpusmill::simd
