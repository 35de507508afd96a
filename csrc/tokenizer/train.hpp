// train: which pairs of tokens a vocabulary grows by: again and again the most frequent one in the
// pieces of a corpus. Cuts no text and knows no special tokens.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "tokenizer/byte_bpe.hpp"
#include "tokenizer/piece_counts.hpp"
#include "tokenizer/vocabulary.hpp"

namespace corpusmill::tokenizer {

struct TrainOptions {
  size_t num_merges;   // at most
  uint64_t min_count;  // of a pair that is merged, at least 1
  size_t longest;      // token, in bytes
  uint32_t first_id;   // of the new tokens, which follow each other; none of `base` is as large
};

/// The pairs that become the tokens first_id, first_id + 1, ... Pieces stand as `base` encodes
/// them. The pair that occurs most often, counted at each of its places, of equally frequent ones
/// that of the smaller left id, then of the smaller right id, is merged wherever it occurs, from
/// the left; not one whose bytes are a token of `base`, or taken, or too many.
///
/// O(B log B) for B bytes of different pieces. Memory: 8 bytes for each of them, 4 for each place
/// of a pair that is frequent enough (no more than 3 B), and 48 for each such pair. Throws
/// std::length_error if B is 2**32 or more.
std::vector<std::array<uint32_t, 2>> train(const ByteBpe& base, const PieceCounter& pieces,
                                           const Vocabulary& taken, const TrainOptions& options);

}  // namespace corpusmill::tokenizer
