// ascii_window: where the pieces begin in up to 64 bytes of ASCII, by arithmetic on masks of
// classes; the equal of piece_scanner.hpp where what the window shows decides it.
//
// Adding a bit to a run of ones carries it to the first zero behind the run; shifting a mask left
// by one asks a byte for the one before it, shifting it right for the one behind it.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "simd/loops.hpp"
#include "tokenizer/piece_scanner.hpp"

namespace corpusmill::tokenizer {

template <Pattern pattern>
class AsciiWindow {
  static constexpr Rules rules = rules_of(pattern);

 public:
  static constexpr size_t size = 64;

  /// A piece begins at `at`. Of the pieces that begin in the window, `begins` has those that are
  /// decided; all but the last of them end in it, too.
  AsciiWindow(const simd::TextClasses& classes, const char* at, const char* end)
      : c_(classes), at_(at), end_(end) {
    // Where numbers are cut out first, a control is neither punctuation nor anything else.
    const uint64_t unknown = rules.by_parts ? c_.high | c_.control : c_.high;
    num_ascii_ = static_cast<size_t>(std::countr_zero(unknown));
    letter_ = c_.upper | c_.lower;
    other_ = ~(letter_ | c_.digit | c_.space | c_.high);
  }

  uint64_t begins() {
    uint64_t all = rules.only_blank ? by_blanks() : by_any_prefix();
    return (all | 1) & below(decided());
  }

 private:
  static uint64_t below(size_t bit) {
    return bit >= size ? ~uint64_t{0} : (uint64_t{1} << bit) - 1;
  }
  static uint64_t first_of(uint64_t runs) { return runs & ~(runs << 1); }

  /// Calls body(i) for each bit i, ascending.
  template <class Body>
  static void for_each(uint64_t bits, Body&& body) {
    for (; bits != 0; bits &= bits - 1) body(static_cast<size_t>(std::countr_zero(bits)));
  }

  /// How much of the window is not for what comes behind it to decide: a run of spaces at the end
  /// may go on, a contraction has up to four bytes.
  size_t decided() const {
    const uint64_t spaces = num_ascii_ == 0 ? 0 : c_.space << (size - num_ascii_);
    const size_t open = std::min(static_cast<size_t>(std::countl_one(spaces)), num_ascii_);
    const size_t known = std::min(num_ascii_ - open, num_ascii_ - std::min<size_t>(num_ascii_, 4));
    return std::min(known, slash_);
  }

  /// A blank is all that may go with what follows it.
  uint64_t by_blanks() const {
    const uint64_t behind_blank = c_.blank << 1;
    uint64_t all = (first_of(letter_) | first_of(c_.digit) | first_of(other_)) & ~behind_blank;
    all |= first_of(c_.space) | (c_.space & ~(c_.space >> 1));
    for_each(c_.quote & first_of(other_) & ~behind_blank & letter_ >> 1, [&](size_t i) {
      const size_t bytes = contraction<rules.suffix>(at_ + i, end_);
      if (bytes == 0) return;
      all &= ~(uint64_t{2} << i);
      all |= letter_ & bit(i + bytes);
    });
    return all;
  }

  uint64_t by_any_prefix() {
    const uint64_t behind_blank = c_.blank << 1;
    const uint64_t runs = first_of(other_);
    const uint64_t prefix = runs & ~behind_blank;  // if a letter follows
    // Line ends right behind punctuation go with it.
    const uint64_t taken = c_.newline & ~(c_.newline + (c_.newline & other_ << 1));
    uint64_t all = prefix | digits() | spaces(c_.space & ~taken);
    all |= first_of(letter_) & ((c_.digit | c_.newline | (other_ & ~prefix)) << 1);
    if constexpr (rules.cased) all |= c_.upper & c_.lower << 1;
    if constexpr (rules.slashes) stop_at_slash(taken);
    if constexpr (rules.suffix == Suffix::any_case) {
      for_each(c_.quote & prefix & (letter_ | c_.high) >> 1, [&](size_t i) {
        const size_t bytes = contraction<rules.suffix>(at_ + i, end_);
        if (bytes != 0) all |= letter_ & bit(i + bytes);
      });
    }
    if constexpr (rules.suffix == Suffix::glued) all = glued(all);
    return all;
  }

  static uint64_t bit(size_t i) { return i < size ? uint64_t{1} << i : 0; }

  uint64_t digits() const {
    if constexpr (rules.digits == 1) return c_.digit;
    uint64_t all = first_of(c_.digit);
    if ((c_.digit & c_.digit << 1 & c_.digit << 2 & c_.digit << 3) == 0) return all;
    for_each(all, [&](size_t i) {
      const auto run = static_cast<size_t>(std::countr_one(c_.digit >> i));
      for (size_t j = rules.digits; j < run; j += rules.digits) all |= bit(i + j);
    });
    return all;
  }

  /// Runs of spaces; in each what is behind its last line end, and of that the last one.
  uint64_t spaces(uint64_t left) const {
    const uint64_t newlines = left & c_.newline, others = left & ~c_.newline;
    uint64_t last = others & ~(left >> 1);
    if constexpr (rules.by_parts) last &= ~(c_.digit >> 1);
    uint64_t all = first_of(left) | last;
    for_each(others & newlines << 1, [&](size_t i) {
      const size_t behind = i + static_cast<size_t>(std::countr_one(others >> i));
      if ((newlines & bit(behind)) == 0) all |= bit(i);
    });
    return all;
  }

  /// A slash behind line ends that went with punctuation does so, too, and what follows it.
  void stop_at_slash(uint64_t taken) {
    for_each(other_ & taken << 1, [&](size_t i) {
      if (at_[i] == '/') slash_ = std::min(slash_, i);
    });
  }

  /// Without the beginnings in what is glued to the word before it; a word has one such end.
  uint64_t glued(uint64_t all) const {
    size_t behind_last = 0;
    for_each(c_.quote & letter_ << 1, [&](size_t i) {
      const size_t bytes = i == behind_last ? 0 : contraction<rules.suffix>(at_ + i, end_);
      if (bytes == 0) return;
      behind_last = i + bytes;
      all &= ~(below(behind_last) & ~below(i));
      all |= letter_ & bit(behind_last);
    });
    return all;
  }

  const simd::TextClasses& c_;
  const char* at_;
  const char* end_;
  size_t num_ascii_;  // before what masks cannot tell
  size_t slash_ = size;
  uint64_t letter_, other_;
};

}  // namespace corpusmill::tokenizer
