// backtracker: byte-pair encoding of a piece from left to right: the longest token that can stand
// behind the one before it, a shorter one if none can, and back if that leads nowhere.
//
// Tokens are what merging makes of a piece exactly if each two neighbours are what merging makes of
// their bytes. So it is for Bpe::stand to say which tokens may follow each other, and the first way
// found from one end of the piece to the other is the only one.
// Source of the idea: GitHub, "So many tokens, so little time" (rust-gems, crate bpe).
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/zeros.hpp"
#include "tokenizer/bpe.hpp"
#include "tokenizer/merger.hpp"
#include "tokenizer/model.hpp"
#include "tokenizer/short_merger.hpp"
#include "tokenizer/token_trie.hpp"

namespace corpusmill::tokenizer {

/// Needs bpe.is_ordered() and a trie of all tokens that are made. Linear; a piece in which it goes
/// back too often is for the Merger.
class Backtracker final : public PieceEncoder {
 public:
  Backtracker(const Bpe& bpe, const TokenTrie& trie)
      : bpe_(&bpe), trie_(&trie), merger_(bpe), short_merger_(bpe), known_(1u << known_bits) {}

  std::span<const uint32_t> operator()(std::string_view piece) override;
  void encode_each(std::span<const std::string_view> pieces, std::vector<uint32_t>& ids,
                   std::vector<size_t>& ends) override;

 private:
  static constexpr int known_bits = 16;  // 512 KiB

  bool encode(std::string_view piece);
  bool go_back(std::string_view piece, size_t standing);
  void append_longest(std::string_view piece);
  uint64_t& known(uint32_t left, uint32_t right);
  bool stand(uint32_t left, uint32_t right);

  const Bpe* bpe_;
  const TokenTrie* trie_;
  Merger merger_;
  ShortMerger short_merger_;
  Zeros<uint64_t> known_;  // doubtful pairs asked for lately: left, right, answer
  std::vector<uint32_t> ids_;
  std::vector<size_t> doubtful_;  // which of them may not stand behind the one before
  std::vector<uint64_t> dead_;    // a bit for each place from which no way leads to the end
};

}  // namespace corpusmill::tokenizer
