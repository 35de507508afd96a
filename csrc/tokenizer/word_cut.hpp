// word_cut: where a text of SentencePiece may be cut, because no piece goes across: at its spaces,
// which are U+2581 there. Knows nothing of how the words are encoded.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace corpusmill::tokenizer {

class WordCut {
 public:
  WordCut() = default;  // nowhere

  /// Before each run of spaces, or behind each, or nowhere, as the pieces allow; between the spaces
  /// of a run too if no piece has two.
  explicit WordCut(std::span<const std::string_view> pieces);

  /// Where the word ends that begins at `at`; needs at < end. Linear over a text.
  const char* operator()(const char* at, const char* end) const;

 private:
  enum class Where : uint8_t { nowhere, before, behind };

  const char* past_spaces(const char* at, const char* end) const;

  Where where_ = Where::nowhere;
  bool keeps_runs_ = false;
};

}  // namespace corpusmill::tokenizer
