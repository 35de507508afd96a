// hangul: syllables and their parts by arithmetic: Unicode 15.0, section 3.12. Knows no other
// character.
#pragma once
#include <cstddef>

namespace corpusmill::text {

constexpr char32_t syllable_base = 0xAC00, l_base = 0x1100, v_base = 0x1161, t_base = 0x11A7;
constexpr char32_t num_l = 19, num_v = 21, num_t = 28;

constexpr bool is_syllable(char32_t code) { return code - syllable_base < num_l * num_v * num_t; }

/// Calls add(part) for the two or three parts of a syllable.
template <class Add>
void decompose_syllable(char32_t code, Add&& add) {
  const char32_t number = code - syllable_base;
  add(l_base + number / (num_v * num_t));
  add(v_base + number / num_t % num_v);
  if (number % num_t != 0) add(t_base + number % num_t);
}

}  // namespace corpusmill::text
