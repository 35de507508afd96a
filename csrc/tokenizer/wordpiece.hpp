// wordpiece: the family of BERT: text normalized, cut at blanks and around punctuation, each word
// as the longest tokens that it begins with, one after the other. Knows no special tokens.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "simd/loops.hpp"
#include "tokenizer/bert_normalizer.hpp"
#include "tokenizer/longest_match.hpp"
#include "tokenizer/model.hpp"
#include "tokenizer/spellings.hpp"

namespace corpusmill::tokenizer {

class WordPiece final : public Model {
 public:
  struct Options {
    std::string_view prefix;   // of tokens within a word
    uint32_t unknown;          // the token of a word that has none
    uint64_t most_characters;  // of a word; a longer one is unknown
    BertRules rules;
  };

  /// first, later: how a token is spelled at the beginning of a text, and after another; also of
  /// more ids than those of tokens that words are made of. One that is empty at the beginning
  /// stands for nothing. Throws as LongestMatch does.
  WordPiece(const Spellings& tokens, Spellings first, Spellings later, const Options& options);

  size_t size() const override { return first_.size(); }
  std::string_view normalized(std::string_view document, std::string& scratch) const override {
    return normalizer_(document, scratch);
  }
  std::string_view aligned(std::string_view document, bool /*is_first*/, std::string& scratch,
                           Origins& origins) const override {
    origins.clear();
    return normalizer_.aligned(document, scratch, origins.begins);
  }

  /// An unknown word is one span.
  void spans(std::string_view text, std::span<const uint32_t> ids,
             std::vector<Span>& spans) const override;

  /// A piece is a word or a punctuation mark with the blank before it, or blanks alone.
  size_t cut(std::string_view text, const char* at, std::span<const char*> ends) const override;
  std::unique_ptr<PieceEncoder> piece_encoder() const override;

  /// A word by itself.
  void decode_added(std::string_view text, bool is_first,
                    std::vector<uint8_t>& bytes) const override;
  size_t decode(std::span<const uint32_t> ids, bool is_first,
                std::vector<uint8_t>& bytes) const override;

 private:
  class Words;

  uint64_t piece_begins(const char* at, size_t left) const;
  const char* piece_end(const char* at, const char* end) const;
  std::string_view without_blanks(std::string_view piece) const;
  bool append(std::string_view word, std::vector<uint32_t>& ids) const;

  BertNormalizer normalizer_;
  const BertCharacters* characters_;
  decltype(simd::Loops::text_classes) text_classes_;
  LongestMatch match_;
  Spellings first_, later_;
  uint32_t unknown_;
  uint64_t most_characters_;
  std::vector<size_t> token_bytes_;
  size_t prefix_bytes_;
};

}  // namespace corpusmill::tokenizer
