// piece_hashes: one walk over documents, one over hashes.
#include "dedup/piece_hashes.hpp"

#include <algorithm>

#include "simd/hash.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t batch = 1024;

Hash128 whole(const Hash128& hash) { return hash; }
uint64_t low(const Hash128& hash) { return hash.low; }

/// What look_up(hashes, there) says of those that take part.
template <class HashOf, class LookUp>
std::vector<uint8_t> decide(std::span<const HashedPiece> pieces, HashOf&& hash_of,
                            LookUp&& look_up) {
  std::vector<uint8_t> found(pieces.size());
  std::vector<decltype(hash_of(Hash128{}))> hashes;
  std::vector<size_t> places;
  std::vector<uint8_t> there(batch);
  for (size_t begin = 0; begin < pieces.size(); begin += batch) {
    hashes.clear(), places.clear();
    for (size_t i = begin; i < std::min(begin + batch, pieces.size()); ++i) {
      if (pieces[i].hash == Hash128{}) continue;
      hashes.push_back(hash_of(pieces[i].hash));
      places.push_back(i);
    }
    look_up(hashes, there.data());
    for (size_t i = 0; i < places.size(); ++i) found[places[i]] = there[i];
  }
  return found;
}

template <class Seen, class HashOf>
std::vector<uint8_t> inserted(std::span<const HashedPiece> pieces, HashOf&& hash_of, Seen& seen) {
  return decide(pieces, hash_of, [&](auto& hashes, uint8_t* to) { seen.insert(hashes, to); });
}

template <class Seen, class HashOf>
std::vector<uint8_t> contained(std::span<const HashedPiece> pieces, HashOf&& hash_of,
                               const Seen& seen) {
  return decide(pieces, hash_of, [&](auto& hashes, uint8_t* to) { seen.contains(hashes, to); });
}

}  // namespace

HashedPieces hash_pieces(const Column& docs, const PieceOptions& options, bool for_filter) {
  const auto hash = [&](std::string_view content) {
    return for_filter ? Hash128{xxh3_64(content), 1} : xxh3_128(content);
  };
  HashedPieces out{std::vector<uint32_t>(docs.size()), {}};
  for (const auto& block : docs.blocks(SIZE_MAX)) {
    for (size_t i = block.begin; i < block.end; ++i) {
      const size_t before = out.pieces.size();
      text::for_each_piece((*block.strings)[i], options.piece,
                           [&](std::string_view content, size_t begin, size_t end) {
                             const bool counts = content.size() >= options.min_bytes;
                             out.pieces.push_back({counts ? hash(content) : Hash128{}, begin, end});
                           });
      out.counts[block.first + i - block.begin] = static_cast<uint32_t>(out.pieces.size() - before);
    }
  }
  return out;
}

std::vector<uint8_t> seen_before(std::span<const HashedPiece> pieces, ContentSet& seen) {
  return inserted(pieces, whole, seen);
}

std::vector<uint8_t> seen_before(std::span<const HashedPiece> pieces, ngram::Bloom& seen) {
  return inserted(pieces, low, seen);
}

std::vector<uint8_t> seen_in(std::span<const HashedPiece> pieces, const ContentSet& seen) {
  return contained(pieces, whole, seen);
}

std::vector<uint8_t> seen_in(std::span<const HashedPiece> pieces, const ngram::Bloom& seen) {
  return contained(pieces, low, seen);
}

}  // namespace corpusmill::dedup
