// word_cut: where a text of SentencePiece may be cut, because no piece goes across: between two
// characters that stand side by side in none; not among the first letters of ASCII in a row, so
// that words stay whole that a vocabulary of another language has letter by letter. Knows nothing
// of how the words are encoded.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace corpusmill::tokenizer {

/// Tells apart the characters of ASCII and the space, U+2581; all others are one to it.
class WordCut {
 public:
  WordCut() { joined_.fill(1); }  // nowhere

  /// only_before_pieces: what is no piece by itself is not cut off from what is before it.
  WordCut(std::span<const std::string_view> pieces, bool only_before_pieces);

  /// Before each, whatever is before it.
  void cut_before_spaces() {
    for (size_t left = 0; left < num_classes; ++left) joined(left, space) = 0;
  }

  /// Where the word ends that begins at `at`, where a character does, in well-formed UTF-8; needs
  /// at < end. Linear.
  const char* operator()(const char* at, const char* end) const;

 private:
  static constexpr size_t space = 128, other = 129, num_classes = 130;

  static size_t class_at(const char* at, const char* end);
  bool joins(size_t left, size_t right) const { return joined_[left * num_classes + right] != 0; }
  uint8_t& joined(size_t left, size_t right) { return joined_[left * num_classes + right]; }

  std::array<uint8_t, num_classes * num_classes> joined_;
};

}  // namespace corpusmill::tokenizer
