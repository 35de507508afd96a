// bpe: the tokens and merges of byte-pair encoding, and what each token is made of. Merges nothing
// but that.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/pages.hpp"
#include "tokenizer/merges.hpp"
#include "tokenizer/model.hpp"
#include "tokenizer/pair_ranks.hpp"
#include "tokenizer/vocabulary.hpp"

namespace corpusmill::tokenizer {

/// Unchanging once made, so shared by threads.
class Bpe {
 public:
  /// ranks: the id of a token is when it is merged, of whatever two tokens, and a piece that is a
  /// token is that token (tiktoken). Throws std::invalid_argument if a byte is no token.
  explicit Bpe(Vocabulary vocabulary);

  /// merges: pairs of ids, the first is merged first; the token of both must be there.
  /// whole_pieces: a piece that is a token is that token, whatever the merges say.
  Bpe(Vocabulary vocabulary, std::span<const std::array<uint32_t, 2>> merges, bool whole_pieces);

  const Vocabulary& vocabulary() const { return vocabulary_; }
  const PairRanks& merges() const { return merges_; }
  bool whole_pieces() const { return whole_pieces_; }

  /// Whether each token is made of two that are made before it, and of no others. Then merging a
  /// piece makes a token of the same two wherever it comes to be, and `merges` knows no others.
  bool is_ordered() const { return !made_.empty(); }

  /// Whether merging ever makes a token. Needs is_ordered, as does the next.
  bool is_made(uint32_t id) const { return made_[id].order != no_rank; }

  /// Whether merging leaves two tokens that are made as they are where their bytes alone are a
  /// piece. O(tokens that they are made of, one in the other).
  bool stand(uint32_t left, uint32_t right) const;

  /// True of most that stand, by a look at each; if false `stand` has to be asked.
  bool surely_stand(uint32_t left, uint32_t right) const {
    uint64_t both = 0;
    for (size_t i = 0; i < side_words; ++i) both |= sides_[left].sought[i] & sides_[right].met[i];
    return both == 0;
  }
  uint32_t id_of_byte(char byte) const { return byte_ids_[static_cast<uint8_t>(byte)]; }
  const Merge& merge_of_bytes(char left, char right) const {
    return byte_merges_[size_t{static_cast<uint8_t>(left)} << 8 | static_cast<uint8_t>(right)];
  }

  /// The token of a whole piece if such pieces are not merged; no_id if they are, or if merging
  /// makes that token anyway.
  uint32_t whole(std::string_view piece) const {
    return look_up_ && piece.size() <= vocabulary_.longest() ? vocabulary_.find(piece) : no_id;
  }

 private:
  /// What a token is made of.
  struct Made {
    uint32_t left = no_id;
    uint32_t right = no_id;
    uint32_t order = no_rank;  // 0 of a byte, else the rank of the merge + 1
  };

  static constexpr size_t side_words = 2;

  /// Sets of ids, as bits of their hashes. Two tokens that do not stand have one in common.
  struct Sides {
    std::array<uint64_t, side_words> sought{};  // what merges behind the token or its right parts
    std::array<uint64_t, side_words> met{};     // the token and its left parts
  };

  void find_byte_ids();
  void find_sides();
  void finish();
  void make(uint32_t left, uint32_t right, Merge merge);
  bool make_by_rank();
  bool make_by_merges(std::span<const std::array<uint32_t, 2>> merges);
  uint32_t made_by(size_t rank, const std::array<uint32_t, 2>& merge) const;
  void add_merges_by_rank();

  Vocabulary vocabulary_;
  bool whole_pieces_;
  bool look_up_;  // whether they are to be looked up
  PairRanks merges_;
  std::vector<Made> made_;    // by id; empty if they are not ordered
  TableVector<Sides> sides_;  // by id; empty likewise
  std::array<uint32_t, 256> byte_ids_{};
  std::vector<Merge> byte_merges_;  // of two bytes
};

}  // namespace corpusmill::tokenizer
