// score_bpe: byte-pair encoding as SentencePiece has it: the characters of a word as symbols,
// merged pair by pair into the piece of the highest score, whatever two symbols it is made of.
// Source: google/sentencepiece 0.2.3, bpe_model.cc.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tokenizer/character_table.hpp"
#include "tokenizer/merges.hpp"
#include "tokenizer/sentencepiece.hpp"
#include "tokenizer/trie.hpp"
#include "tokenizer/whole_words.hpp"

namespace corpusmill::tokenizer {

/// A merge as a file names it, the one of least rank first.
struct WrittenMerge {
  uint32_t left, right, id;
};

/// A symbol is the id of a piece, or, from the number of pieces on, a character that pieces have
/// and that is none itself.
class ScoreBpe final : public SentencePiece {
 public:
  /// Throws std::invalid_argument if the file does not make a model. O(bytes of the pieces * length
  /// of the longest).
  explicit ScoreBpe(const SentencePieceFile& file);

  /// Of merges instead of scores: no others are done.
  ScoreBpe(const SentencePieceFile& file, std::span<const WrittenMerge> merges,
           WholeWords whole = {});

  size_t cut(std::string_view text, const char* at, std::span<const char*> ends) const override {
    return whole_.empty() ? SentencePiece::cut(text, at, ends) : whole_.cut(text, at, ends);
  }
  std::unique_ptr<PieceEncoder> piece_encoder() const override;
  void spans(std::string_view text, std::span<const uint32_t> ids,
             std::vector<Span>& spans) const override;

  const WholeWords& whole() const { return whole_; }

  /// no_id: no piece has this character.
  uint32_t symbol_of(char32_t character) const { return symbols_[character]; }

  /// The character of a symbol that is no piece.
  char32_t character_of(uint32_t symbol) const { return lone_[symbol - size()]; }

  const Merges& merges() const { return merges_; }
  const Trie& unmerged() const { return unmerged_; }  // pieces that the user defined, by their ids

  /// Pieces that are merged on and then taken apart again, as what was merged last says.
  bool has_unused() const { return has_unused_; }

  /// False if no piece has the first character before the second: nothing merges across.
  bool may_join(uint32_t left, uint32_t right) const {
    const size_t bit = place(left, right);
    return (joined_[bit / 64] >> bit % 64 & 1) != 0;
  }

 private:
  size_t place(uint32_t left, uint32_t right) const {
    return mix(uint64_t{left} << 32 | right) & (64 * joined_.size() - 1);
  }
  struct Unmerged {};
  ScoreBpe(const SentencePieceFile& file, Unmerged ignored);
  void find_symbols();
  void add_merges();

  CharacterTable symbols_;
  std::vector<char32_t> lone_;
  Merges merges_;
  Trie unmerged_;
  WholeWords whole_;
  bool has_unused_ = false;
  std::vector<uint64_t> joined_;
};

}  // namespace corpusmill::tokenizer
