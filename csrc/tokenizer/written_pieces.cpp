// written_pieces: arrays as what the models are made of.
#include "tokenizer/written_pieces.hpp"

#include <vector>

namespace corpusmill::tokenizer {

std::unique_ptr<const Model> merged_pieces(const Spellings& texts, std::span<const uint8_t> types,
                                           std::span<const WrittenMerge> merges,
                                           std::span<const uint8_t> is_whole,
                                           const MergedPieces& options) {
  SentencePieceFile file;
  file.kind = SentencePieceFile::Kind::bpe;
  file.normalizer.escape_whitespaces = false;  // text comes normalized, with U+2581
  file.byte_fallback = options.byte_fallback;
  file.fuses_unknown = options.fuses_unknown;
  file.cuts_at_spaces = options.cuts_at_spaces;
  for (uint32_t id = 0; id < texts.size(); ++id) {
    file.pieces.push_back({texts[id], 0, static_cast<PieceType>(types[id])});
  }
  return std::make_unique<ScoreBpe>(file, merges,
                                    WholeWords(texts, is_whole, options.cuts_at_spaces));
}

std::unique_ptr<const Model> scored_pieces(const Spellings& texts, std::span<const uint8_t> is_text,
                                           std::span<const double> scores,
                                           const WordUnigram::Options& options) {
  std::vector<WordUnigram::Token> tokens;
  tokens.reserve(texts.size());
  for (uint32_t id = 0; id < texts.size(); ++id) {
    tokens.push_back({texts[id], scores[id], is_text[id] != 0});
  }
  return std::make_unique<WordUnigram>(tokens, options);
}

}  // namespace corpusmill::tokenizer
