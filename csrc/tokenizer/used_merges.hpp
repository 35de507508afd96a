// used_merges: of all merges that a vocabulary allows those that are ever done. Encodes no text.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "tokenizer/bpe.hpp"

namespace corpusmill::tokenizer {

/// The two tokens of which each token of at least two bytes is made, in the order in which they are
/// merged. A token that its own bytes do not become is missing: only a whole piece can be it.
///
/// Exact: what becomes of some bytes between whose ends and their neighbours nothing merges depends
/// on them alone, so a token is always made of the same two. Of these merges alone, with whole
/// pieces as before, comes what comes of all. O(length * log length) a token.
std::vector<std::array<uint32_t, 2>> used_merges(const Bpe& bpe);

}  // namespace corpusmill::tokenizer
