// bytes: 64 bytes at once and the masks that comparing them gives, for the level being compiled.
// Included by loops.cpp alone; everything has internal linkage, so no level's code reaches another.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__AVX512BW__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace {

#ifdef __AVX2__

// The blank with these lower four bits, or what no byte is that looks there.
inline __m128i blanks_by_half() {
  constexpr char none = '\x80';
  return _mm_setr_epi8(' ', none, none, none, none, none, none, none, none, '\t', '\n', '\v', '\f',
                       '\r', none, none);
}

#endif

#ifdef __AVX512BW__

struct Bytes {
  __m512i v;
  static Bytes load(const char* p) { return {_mm512_loadu_si512(p)}; }
  void store(char* p) const { _mm512_storeu_si512(p, v); }
  uint64_t high() const { return _mm512_movepi8_mask(v); }
  uint64_t equal(char c) const { return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c)); }
  uint64_t below(char c) const { return _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(c)); }
  uint64_t at_least(uint8_t c) const {  // c is above 0x80
    return _mm512_cmpge_epu8_mask(v, _mm512_set1_epi8(static_cast<char>(c)));
  }
  // first and last are ASCII
  uint64_t between(char first, char last) const {
    const __m512i from_first = _mm512_sub_epi8(v, _mm512_set1_epi8(first));
    return _mm512_cmple_epu8_mask(from_first, _mm512_set1_epi8(static_cast<char>(last - first)));
  }
  uint64_t blank() const {
    const __m512i blanks = _mm512_broadcast_i32x4(blanks_by_half());
    return _mm512_cmpeq_epi8_mask(v, _mm512_shuffle_epi8(blanks, v));
  }
  Bytes lowered() const {
    return {_mm512_mask_add_epi8(v, between('A', 'Z'), v, _mm512_set1_epi8(0x20))};
  }
};

#elif defined(__AVX2__)

struct Bytes {
  __m256i a, b;
  static Bytes load(const char* p) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32))};
  }
  void store(char* p) const {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 32), b);
  }
  static uint64_t mask(__m256i x, __m256i y) {
    const auto low = static_cast<uint32_t>(_mm256_movemask_epi8(x));
    const auto high = static_cast<uint32_t>(_mm256_movemask_epi8(y));
    return low | static_cast<uint64_t>(high) << 32;
  }
  // x - first <= last - first, unsigned
  static __m256i within(__m256i x, char first, char last) {
    const __m256i from_first = _mm256_sub_epi8(x, _mm256_set1_epi8(first));
    const __m256i width = _mm256_set1_epi8(static_cast<char>(last - first));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(from_first, width), from_first);
  }
  uint64_t high() const { return mask(a, b); }
  uint64_t equal(char c) const {
    const __m256i x = _mm256_set1_epi8(c);
    return mask(_mm256_cmpeq_epi8(a, x), _mm256_cmpeq_epi8(b, x));
  }
  uint64_t at_least(uint8_t c) const {
    const __m256i x = _mm256_set1_epi8(static_cast<char>(c));
    return mask(_mm256_cmpeq_epi8(_mm256_max_epu8(a, x), a),
                _mm256_cmpeq_epi8(_mm256_max_epu8(b, x), b));
  }
  uint64_t below(char c) const { return between(0, static_cast<char>(c - 1)); }
  uint64_t between(char first, char last) const {
    return mask(within(a, first, last), within(b, first, last));
  }
  uint64_t blank() const {
    const __m256i blanks = _mm256_broadcastsi128_si256(blanks_by_half());
    return mask(_mm256_cmpeq_epi8(a, _mm256_shuffle_epi8(blanks, a)),
                _mm256_cmpeq_epi8(b, _mm256_shuffle_epi8(blanks, b)));
  }
  Bytes lowered() const {
    const __m256i bit = _mm256_set1_epi8(0x20);
    return {_mm256_add_epi8(a, _mm256_and_si256(within(a, 'A', 'Z'), bit)),
            _mm256_add_epi8(b, _mm256_and_si256(within(b, 'A', 'Z'), bit))};
  }
};

#elif defined(__aarch64__)

struct Bytes {
  uint8x16_t v[4];

  static Bytes load(const char* p) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(p);
    return {{vld1q_u8(bytes), vld1q_u8(bytes + 16), vld1q_u8(bytes + 32), vld1q_u8(bytes + 48)}};
  }
  void store(char* p) const {
    for (size_t i = 0; i < 4; ++i) vst1q_u8(reinterpret_cast<uint8_t*>(p) + 16 * i, v[i]);
  }

  // flags gives a byte of ones or zeros for each. Each byte keeps the bit of its place among eight;
  // adding neighbours three times brings eight of them into one.
  template <class Flags>
  uint64_t mask(Flags&& flags) const {
    const uint8x16_t places = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201u));
    const auto kept = [&](size_t i) { return vandq_u8(flags(v[i]), places); };
    const uint8x16_t low = vpaddq_u8(kept(0), kept(1));
    const uint8x16_t fours = vpaddq_u8(low, vpaddq_u8(kept(2), kept(3)));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(fours, fours)), 0);
  }
  static uint8x16_t within(uint8x16_t x, char first, char last) {
    const uint8x16_t from_first = vsubq_u8(x, vdupq_n_u8(static_cast<uint8_t>(first)));
    return vcleq_u8(from_first, vdupq_n_u8(static_cast<uint8_t>(last - first)));
  }
  uint64_t high() const { return at_least(0x80); }
  uint64_t at_least(uint8_t c) const {
    return mask([=](uint8x16_t x) { return vcgeq_u8(x, vdupq_n_u8(c)); });
  }
  uint64_t equal(char c) const {
    return mask([=](uint8x16_t x) { return vceqq_u8(x, vdupq_n_u8(static_cast<uint8_t>(c))); });
  }
  uint64_t below(char c) const {
    return mask([=](uint8x16_t x) { return vcltq_u8(x, vdupq_n_u8(static_cast<uint8_t>(c))); });
  }
  uint64_t between(char first, char last) const {
    return mask([=](uint8x16_t x) { return within(x, first, last); });
  }
  uint64_t blank() const { return between('\t', '\r') | equal(' '); }
  Bytes lowered() const {
    Bytes out = *this;
    for (uint8x16_t& x : out.v) x = vaddq_u8(x, vandq_u8(within(x, 'A', 'Z'), vdupq_n_u8(0x20)));
    return out;
  }
};

#else

constexpr uint64_t every(uint8_t c) { return 0x0101010101010101u * c; }
constexpr uint64_t top = every(0x80);

// Eight words of eight bytes; a flag is the top bit of its byte. Little-endian.
struct Bytes {
  uint64_t w[8];

  static Bytes load(const char* p) {
    Bytes out;
    std::memcpy(out.w, p, 64);
    return out;
  }
  void store(char* p) const { std::memcpy(p, w, 64); }

  template <class Flags>
  uint64_t mask(Flags&& flags) const {
    uint64_t out = 0;
    for (size_t i = 0; i < 8; ++i) {
      out |= ((flags(w[i]) & top) * 0x0002040810204081u >> 56) << (8 * i);
    }
    return out;
  }
  static uint64_t within(uint64_t x, char first, char last) {
    const uint64_t low7 = x & ~top;
    const uint64_t reaches = low7 + every(static_cast<uint8_t>(0x80 - first));
    const uint64_t passes = low7 + every(static_cast<uint8_t>(0x7f - last));
    return reaches & ~passes & ~x & top;
  }
  uint64_t high() const {
    return mask([](uint64_t x) { return x; });
  }
  uint64_t at_least(uint8_t c) const {
    const uint64_t reach = every(static_cast<uint8_t>(0x100 - c));
    return mask([=](uint64_t x) { return x & ((x & ~top) + reach); });
  }
  uint64_t equal(char c) const { return between(c, c); }
  uint64_t below(char c) const { return between(0, static_cast<char>(c - 1)); }
  uint64_t between(char first, char last) const {
    return mask([=](uint64_t x) { return within(x, first, last); });
  }
  uint64_t blank() const { return between('\t', '\r') | equal(' '); }
  Bytes lowered() const {
    Bytes out;
    for (size_t i = 0; i < 8; ++i) out.w[i] = w[i] + (within(w[i], 'A', 'Z') >> 2);
    return out;
  }
};

#endif

/// Fewer than 64 bytes, and others behind them.
#ifdef __AVX512BW__
inline Bytes load_first(const char* p, size_t count, char other) {
  return {_mm512_mask_loadu_epi8(_mm512_set1_epi8(other), (uint64_t{1} << count) - 1, p)};
}
#else
inline Bytes load_first(const char* p, size_t count, char other) {
  char bytes[64];
  std::memset(bytes, other, sizeof bytes);
  std::memcpy(bytes, p, count);
  return Bytes::load(bytes);
}
#endif

}  // namespace
