// word_cut: where a text of SentencePiece may be cut, because no piece goes across: between two
// characters that stand side by side in none; not among the first letters of ASCII in a row and the
// blank before them, so that words stay whole that a vocabulary of another language has letter by
// letter. Knows nothing of how the words are encoded.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "simd/loops.hpp"

namespace corpusmill::tokenizer {

/// Tells apart the characters of ASCII and the space, U+2581; all others are one to it.
class WordCut {
 public:
  WordCut() { joined_.fill(1); }  // nowhere

  /// only_before_pieces: what is no piece by itself is not cut off from what is before it.
  WordCut(std::span<const std::string_view> pieces, bool only_before_pieces);

  /// Before each U+2581, whatever is before it.
  void cut_before_spaces() {
    for (size_t left = 0; left < num_classes; ++left) joined(left, space) = 0;
    by_windows_ = false;
  }

  /// Fills `ends` with where the words end that begin at `at`, where a character does, in
  /// well-formed UTF-8; how many, at least one. Needs at < end, and room for `window`. Linear.
  size_t operator()(const char* at, const char* end, std::span<const char*> ends) const;

  static constexpr size_t window = 64;  // bytes that are looked at together

 private:
  static constexpr size_t space = 128, other = 129, num_classes = 130;

  static size_t class_at(const char* at, const char* end);
  const char* word_end(const char* at, const char* end) const;
  uint64_t word_begins(const char* at, size_t left) const;
  bool joins(size_t left, size_t right) const { return joined_[left * num_classes + right] != 0; }
  uint8_t& joined(size_t left, size_t right) { return joined_[left * num_classes + right]; }

  std::array<uint8_t, num_classes * num_classes> joined_;
  bool by_windows_ = false;    // no piece has U+2581, some have two that are not of ASCII
  bool blanks_begin_ = false;  // what a blank is joined to before it is blanks alone
  decltype(simd::Loops::text_classes) text_classes_ = simd::loops().text_classes;
};

}  // namespace corpusmill::tokenizer
