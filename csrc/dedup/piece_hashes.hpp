// piece_hashes: the parts of repeated_pieces by themselves, for jobs that keep the hashes of all
// pieces and decide when they have them: pieces as hashes, hashes that came before, hashes that are
// among those.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/hash.hpp"
#include "core/strings.hpp"
#include "dedup/pieces.hpp"

namespace corpusmill::dedup {

/// A piece: a hash of its content, and its span. For a set of contents that is XXH3-128; for a
/// filter XXH3-64, and the higher half is 1. Hash zero: too short to take part.
struct HashedPiece {
  Hash128 hash;
  uint64_t begin;
  uint64_t end;
};
static_assert(sizeof(HashedPiece) == 32);

/// The pieces of all documents in order, and how many each document has.
struct HashedPieces {
  std::vector<uint32_t> counts;
  std::vector<HashedPiece> pieces;
};
HashedPieces hash_pieces(const Column& docs, const PieceOptions& options, bool for_filter);

/// For each piece in turn, whether its content came before; it is added. A piece that takes no part
/// did not.
std::vector<uint8_t> seen_before(std::span<const HashedPiece> pieces, ContentSet& seen);
/// The same with a filter that is open and held alone, and pieces hashed for one.
std::vector<uint8_t> seen_before(std::span<const HashedPiece> pieces, ngram::Bloom& seen);

/// For each piece, whether its content is in the set. A piece that takes no part is not.
std::vector<uint8_t> seen_in(std::span<const HashedPiece> pieces, const ContentSet& seen);
/// The same with a filter that is held for looking, and pieces hashed for one.
std::vector<uint8_t> seen_in(std::span<const HashedPiece> pieces, const ngram::Bloom& seen);

}  // namespace corpusmill::dedup
