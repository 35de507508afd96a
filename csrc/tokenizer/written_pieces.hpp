// written_pieces: models of the pieces that a tokenizer.json writes down. Knows nothing of how text
// is normalized, nor how ids are spelled.
#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "tokenizer/model.hpp"
#include "tokenizer/score_bpe.hpp"
#include "tokenizer/spellings.hpp"
#include "tokenizer/word_unigram.hpp"

namespace corpusmill::tokenizer {

struct MergedPieces {
  bool byte_fallback;   // a character that is no piece becomes those of its bytes
  bool fuses_unknown;   // what is unknown in a row is one id
  bool cuts_at_spaces;  // no merge goes across U+2581
};

/// types: a PieceType for each text; is_whole: of each whether a word that it spells becomes it, or
/// nothing. Throws std::invalid_argument if they do not make a model.
std::unique_ptr<const Model> merged_pieces(const Spellings& texts, std::span<const uint8_t> types,
                                           std::span<const WrittenMerge> merges,
                                           std::span<const uint8_t> is_whole,
                                           const MergedPieces& options);

/// is_text: of each whether it is looked for. Throws as WordUnigram does.
std::unique_ptr<const Model> scored_pieces(const Spellings& texts, std::span<const uint8_t> is_text,
                                           std::span<const double> scores,
                                           const WordUnigram::Options& options);

}  // namespace corpusmill::tokenizer
