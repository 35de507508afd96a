// piece_hashes: one walk over documents, one over hashes.
#include "dedup/piece_hashes.hpp"

#include <algorithm>

#include "simd/hash.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t batch = 1024;

template <class Seen, class HashOf>
std::vector<uint8_t> decide(std::span<const HashedPiece> pieces, Seen& seen, HashOf&& hash_of) {
  std::vector<uint8_t> repeated(pieces.size());
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
    seen.insert(hashes, there.data());
    for (size_t i = 0; i < places.size(); ++i) repeated[places[i]] = there[i];
  }
  return repeated;
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
  return decide(pieces, seen, [](const Hash128& hash) { return hash; });
}

std::vector<uint8_t> seen_before(std::span<const HashedPiece> pieces, ngram::Bloom& seen) {
  return decide(pieces, seen, [](const Hash128& hash) { return hash.low; });
}

}  // namespace corpusmill::dedup
