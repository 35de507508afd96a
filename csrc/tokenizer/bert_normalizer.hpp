// bert_normalizer: a text as BERT has it: cleaned, ideographs apart, without accents, in lower
// case. Cuts nothing.
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/bert_characters.hpp"
#include "tokenizer/text_writer.hpp"

namespace corpusmill::tokenizer {

/// The fields of BertNormalizer of the library tokenizers; done in this order.
struct BertRules {
  bool clean_text = true;            // drops controls; white space becomes U+0020
  bool handle_chinese_chars = true;  // U+0020 before and behind each
  bool strip_accents = true;         // canonical decomposition without nonspacing marks
  bool lowercase = true;             // character by character

  bool any() const { return clean_text || handle_chinese_chars || strip_accents || lowercase; }
};

/// Unchanging once made, so shared by threads.
class BertNormalizer {
 public:
  explicit BertNormalizer(BertRules rules);

  /// The text itself if it stays as it is, else scratch, filled with what it becomes. An invalid
  /// byte is what U+FFFD is. Linear time but for marks out of order, n log n in a run of them; at
  /// most 3 bytes for each.
  std::string_view operator()(std::string_view text, std::string& scratch) const;

  /// The same, character by character; `places`, which is empty, gets how many bytes of `text`
  /// stand before each byte, and before the end: within what a character becomes one by one while
  /// it has any. Blanks that are put in have no width.
  std::string_view aligned(std::string_view text, std::string& scratch,
                           std::vector<size_t>& places) const;

 private:
  enum Action : int32_t {
    take,       // one character: `distance` further
    drop,       // nothing
    blank,      // U+0020
    pad,        // one character between blanks; those below become more
    dots,       // U+0130 to lower case
    syllable,   // Hangul, decomposed
    decompose,  // several characters, or one that may trade places with its neighbours
  };

  struct Step {
    Action action = take;
    int32_t distance = 0;
    friend auto operator<=>(const Step&, const Step&) = default;
  };

  Step step_of(char32_t code) const;
  Step stripped(char32_t code) const;
  const char* write_simple(const char* at, const char* end, TextWriter& out) const;
  const char* write_character(const char* at, const char* end, TextWriter& out) const;
  const char* write_marks(const char* at, const char* end, TextWriter& out) const;

  BertRules rules_;
  CodeTable<Step> steps_;
};

}  // namespace corpusmill::tokenizer
