// word_cut: where a text of SentencePiece may be cut, because no piece goes across: between two
// characters that stand side by side in none. Knows nothing of how the words are encoded.
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

  /// Where the word ends that begins at `at`, where a character does; needs at < end. Linear.
  const char* operator()(const char* at, const char* end) const;

 private:
  static constexpr size_t space = 128, other = 129, num_classes = 130;

  static size_t class_at(const char* at, const char* end);
  uint8_t& joined(size_t left, size_t right) { return joined_[left * num_classes + right]; }

  std::array<uint8_t, num_classes * num_classes> joined_;
};

}  // namespace corpusmill::tokenizer
