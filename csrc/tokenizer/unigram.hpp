// unigram: SentencePiece's Unigram: of all ways to cut a text into pieces the one whose scores add
// up to most, added in float from the text's begin on, so that what is rounded away there decides
// between ways that are nearly as good.
// Source: google/sentencepiece 0.2.3, unigram_model.cc (EncodeOptimized).
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "tokenizer/sentencepiece.hpp"
#include "tokenizer/trie.hpp"

namespace corpusmill::tokenizer {

class Unigram final : public SentencePiece {
 public:
  /// Throws std::invalid_argument if the file does not make a model.
  explicit Unigram(const SentencePieceFile& file);

  std::unique_ptr<PieceEncoder> piece_encoder() const override { return nullptr; }
  std::unique_ptr<TextEncoder> text_encoder(size_t cache_bytes) const override;
  void spans(std::string_view text, std::span<const uint32_t> ids,
             std::vector<Span>& spans) const override;

  const Trie& trie() const { return trie_; }  // of the pieces that a text may become, by their ids
  float score(uint32_t id) const { return scores_[id]; }
  float unknown_score() const { return scores_[pieces().unknown()]; }  // of a character
  double largest_score() const { return largest_score_; }  // in size, what is unknown included
  size_t longest() const { return longest_; }              // piece, bytes

 private:
  Trie trie_;
  std::vector<float> scores_;
  double largest_score_;
  size_t longest_ = 0;
};

}  // namespace corpusmill::tokenizer
