// piece_normalizer: a text as SentencePiece has it before it is encoded: characters changed by the
// rules of the model, spaces as U+2581, one put before or behind it. Of the model's pieces it knows
// those alone that no rule changes.
// Source: google/sentencepiece 0.2.3, normalizer.cc, whose answers it gives.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/utf8.hpp"
#include "tokenizer/sentencepiece_file.hpp"
#include "tokenizer/trie.hpp"

namespace corpusmill::tokenizer {

constexpr std::string_view space_mark = "\xE2\x96\x81";  // U+2581

class PieceNormalizer {
 public:
  /// unchanged: in ascending order; where one of them comes, no rule is looked for.
  /// space_behind: a space that is put in goes behind the text, not before it.
  /// plain_spaces: U+0020 is written where U+2581 would be.
  /// Throws std::invalid_argument if the rules are damaged.
  PieceNormalizer(const NormalizerSpec& spec, std::span<const std::string_view> unchanged,
                  bool space_behind, bool plain_spaces);

  /// What a document becomes, in `scratch`. A byte that is no part of well-formed UTF-8 becomes
  /// U+FFFD. Linear time.
  std::string_view operator()(std::string_view document, std::string& scratch) const;

  /// The same; `places`, empty before, tells for each byte of it and for its end how many bytes of
  /// the document stand before it.
  std::string_view operator()(std::string_view document, std::string& scratch,
                              std::vector<size_t>& places) const;

 private:
  enum Action : uint8_t { look, copy, put_space };

  struct Prefix {
    std::string_view becomes;
    size_t size;  // bytes of the document
  };

  template <class Places>
  class Run;

  Prefix prefix(const char* at, const char* end) const;
  void note(std::string_view key, const std::string* becomes);
  bool begins_key(char32_t code) const { return (begins_key_[code / 64] >> code % 64 & 1) != 0; }

  /// Whether a character is none of ASCII and becomes itself, whatever follows it.
  bool is_kept(char32_t code) const {
    return code >= 0x80 && code <= text::last_code_point && !begins_key(code) &&
           (!plain_spaces_ || code != 0x2581);
  }

  bool adds_space_, space_behind_, removes_extra_, plain_spaces_;
  std::string_view space_;
  Trie unchanged_, rules_;
  std::vector<std::string> becomes_;  // by the number of a rule
  std::vector<uint64_t> begins_key_;  // a bit for each character
  bool any_keys_ = false;
  std::array<Action, 128> actions_;  // of an ASCII character that another follows
  bool copies_visible_ = false;      // all that are no blank and no control are `copy`,
  uint8_t looked_at_ = 0x7f;         // but for this one
  bool copies_blanks_ = false;       // U+0020 as well, unless it is an extra one
};

}  // namespace corpusmill::tokenizer
