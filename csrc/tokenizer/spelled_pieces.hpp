// spelled_pieces: a tokenizer of pieces as a tokenizer.json has it: the rules for its text, the
// model that encodes it, and how ids are spelled. Knows no family.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/model.hpp"
#include "tokenizer/spellings.hpp"
#include "tokenizer/text_rules.hpp"

namespace corpusmill::tokenizer {

/// How ids become text.
struct PieceSpelling {
  Spellings first, later;      // at the begin of a text, and behind another; empty: of no token
  std::vector<int16_t> bytes;  // that a token is of; -1: none. Those in a row are UTF-8, or U+FFFD
  size_t blanks_dropped;       // at most so many, from the begin of the text
};

class SpelledPieces final : public Model {
 public:
  SpelledPieces(TextRules rules, std::unique_ptr<const Model> model, PieceSpelling spelling);

  size_t size() const override { return spelling_.first.size(); }
  std::string_view normalized(std::string_view document, std::string& scratch) const override {
    return rules_(document, true, scratch);
  }
  std::string_view normalized_later(std::string_view text, std::string& scratch) const override {
    return rules_(text, false, scratch);
  }
  std::string_view aligned(std::string_view document, bool is_first, std::string& scratch,
                           Origins& origins) const override {
    return rules_(document, is_first, scratch, origins);
  }
  void spans(std::string_view text, std::span<const uint32_t> ids,
             std::vector<Span>& spans) const override {
    model_->spans(text, ids, spans);
  }
  size_t cut(std::string_view text, const char* at, std::span<const char*> ends) const override {
    return model_->cut(text, at, ends);
  }
  std::unique_ptr<PieceEncoder> piece_encoder() const override { return model_->piece_encoder(); }
  size_t decode(std::span<const uint32_t> ids, bool is_first,
                std::vector<uint8_t>& bytes) const override;

 private:
  TextRules rules_;
  std::unique_ptr<const Model> model_;
  PieceSpelling spelling_;
};

}  // namespace corpusmill::tokenizer
