// unigram_encoder: a text as ids of a Unigram, word by word, with the sum of the scores so far.
//
// Sums are floats that are rounded at each piece, by more the longer the text is. So a word that
// came before does not always become the same pieces again. It does if its best way is better than
// all others by more than can be rounded away: each place's sum is the greatest of the sums that
// lead there, each rounded, and rounding keeps their order; so it differs from the exact one by at
// most half a unit in the last place for each piece on the way. How far the best way of a word is
// ahead is remembered with it, and where that is too little the word is encoded anew.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizer/piece_cache.hpp"
#include "tokenizer/unigram.hpp"

namespace corpusmill::tokenizer {

/// Up to 16 bytes of memory for each byte of the longest stretch that pieces overlap in, and 4 for
/// each id of the longest word.
class UnigramEncoder final : public TextEncoder {
 public:
  /// with_sizes: cache_bytes has to be 0.
  UnigramEncoder(const Unigram& unigram, size_t cache_bytes, bool with_sizes = false);

  void begin(std::string_view text) override;
  std::span<const uint32_t> more() override;
  void let_go() override;

  /// Of the ids that were given since `begin`.
  std::span<const size_t> sizes() const { return ids_.sizes(); }

 private:
  static constexpr uint32_t nowhere = 0xffffffffu;

  // The last of the ids that are kept of a word is its lead.
  using Short = PieceCache<2>;
  using Long = PieceCache<4>;

  struct Word {
    std::string_view text;
    Short::Key key;
    uint64_t hash;
  };

  /// The best way to a place of the stretch.
  struct Node {
    float score;
    float lead;  // before the second best way here
    uint32_t from = nowhere, id = 0;
  };

  size_t first_nodes() const;
  void cut();
  void encode(const Word& word);
  template <class Cache>
  void recall(Cache& cache, const Cache::Key& key, uint64_t hash, std::string_view word);
  void cover();
  bool repeat(const PackedIds& known);

  /// Appends the word's ids and adds up their scores; gives how much is rounded at each piece of
  /// it.
  void find_best(std::string_view word);
  void reach(size_t from, size_t to, float score, uint32_t id);
  void rebase(size_t from);
  bool has_unknown() const;
  void settle(std::string_view stretch);
  float lead_of(size_t size) const;

  const Unigram* unigram_;
  Short short_;
  Long long_;
  std::array<Word, most_pieces> words_;  // under way
  size_t num_words_ = 0;
  std::string_view text_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  float total_ = 0;        // of the scores so far
  double covered_ = -1;    // sums up to this need
  double least_lead_ = 0;  // more than this
  PieceIds ids_;

  std::vector<Node> nodes_;  // by the places of the stretch
  size_t furthest_ = 0;      // place that was reached
  std::vector<uint32_t> path_;
  std::vector<uint32_t> found_;  // of the word, one for each character that is unknown
  float lead_ = 0;               // least on the way through the word
};

}  // namespace corpusmill::tokenizer
