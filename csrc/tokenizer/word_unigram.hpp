// word_unigram: Unigram as the library tokenizers has it: a text is cut into words first, and of
// all ways to cut a word into pieces the one is taken whose scores add up to most, in double from
// the word's begin on. So the ids of a word depend on nothing else. Decodes nothing.
// Source: tokenizers 0.23.3, models/unigram and pre_tokenizers/metaspace.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizer/model.hpp"
#include "tokenizer/trie.hpp"

namespace corpusmill::tokenizer {

class WordUnigram final : public Model {
 public:
  struct Token {
    std::string_view text;
    double score;
    bool is_text;  // is looked for
  };

  struct Options {
    uint32_t unknown = no_id;     // no_id: there is none, and text has to be of the tokens
    bool byte_fallback = false;   // an unknown character becomes the tokens <0x00> to <0xFF>
    bool cuts_at_blanks = false;  // at all white space, which is dropped
    bool cuts_at_marks = true;    // before each blank or U+2581
    bool leads = false;           // a word that does not begin with U+2581 gets one
  };

  /// Throws std::invalid_argument if two tokens are the same or one of the 256 bytes is missing.
  WordUnigram(std::span<const Token> tokens, const Options& options);

  size_t size() const override { return scores_.size(); }

  /// A piece is a word with the blanks before it, or blanks alone.
  size_t cut(std::string_view text, const char* at, std::span<const char*> ends) const override;
  std::unique_ptr<PieceEncoder> piece_encoder() const override;
  void spans(std::string_view text, std::span<const uint32_t> ids,
             std::vector<Span>& spans) const override;
  size_t decode(std::span<const uint32_t> ids, bool is_first,
                std::vector<uint8_t>& bytes) const override;

 private:
  class Words;

  const char* word_end(const char* at, const char* end) const;

  Options options_;
  Trie trie_;
  std::vector<double> scores_;
  double unknown_score_;
  size_t longest_ = 0;
  std::array<uint32_t, 256> byte_ids_;
};

}  // namespace corpusmill::tokenizer
