// text_rules: what a tokenizer.json has done to a text before it is cut, step by step: characters
// by a charsmap or as Unicode says, blanks made U+2581 or dropped at its ends. Cuts nothing.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/library_charsmap.hpp"
#include "tokenizer/model.hpp"

namespace corpusmill::tokenizer {

struct TextRule {
  enum class Kind : uint8_t {
    charsmap,     // `from`
    replace,      // each `from` by `to`
    runs,         // of two blanks or more, each by `to`
    prepend,      // `to`, to a text that is not empty
    lead,         // U+2581, to a text that is not empty and begins neither with it nor a blank
    lead_first,   // the same, but only to one that begins as its document does, to the library
    strip_left,   // white space at its begin,
    strip_right,  // at its end
    nfc,          // normalization forms
    nfd,
    nfkc,
    nfkd,
    lowercase,      // character by character
    strip_accents,  // all marks
    nmt,            // some controls dropped, some blanks and marks of direction made U+0020
  };

  Kind kind;
  std::string from, to;
};

/// Unchanging once made, so shared by threads.
class TextRules {
 public:
  /// Throws std::invalid_argument if a charsmap is damaged.
  explicit TextRules(std::vector<TextRule> rules);

  /// The text itself if nothing is to be done, else scratch, filled. A byte that is no part of
  /// well-formed UTF-8 becomes U+FFFD first. is_first: the text begins its document. Linear time.
  std::string_view operator()(std::string_view text, bool is_first, std::string& scratch) const;

  /// The same, and of which bytes of the text each byte of it is: of a character that changed all.
  std::string_view operator()(std::string_view text, bool is_first, std::string& scratch,
                              Origins& origins) const;

 private:
  struct Step {
    TextRule rule;
    std::unique_ptr<const LibraryCharsmap> charsmap;

    template <class Out>
    void append(std::string_view text, bool begins, Out& out) const;
  };

  std::vector<Step> steps_;
  bool follows_begin_ = false;  // for lead_first
};

}  // namespace corpusmill::tokenizer
