// byte_bpe: the pattern and the merges put together.
#include "tokenizer/byte_bpe.hpp"

#include "tokenizer/backtracker.hpp"

namespace corpusmill::tokenizer {

namespace {

TokenTrie trie_of(const Bpe& bpe) {
  if (!bpe.is_ordered()) return {};
  std::vector<uint32_t> made;
  for (uint32_t id = 0; id < bpe.vocabulary().size(); ++id) {
    if (bpe.is_made(id)) made.push_back(id);
  }
  return {bpe.vocabulary(), made};
}

}  // namespace

ByteBpe::ByteBpe(Bpe bpe, Pattern pattern)
    : bpe_(std::move(bpe)),
      trie_(trie_of(bpe_)),
      cut_(cutter(pattern)),
      categories_(&Categories::get()) {}

size_t ByteBpe::cut(const char* at, const char* end, std::span<const char*> ends) const {
  return cut_(*categories_, at, end, ends);
}

std::unique_ptr<PieceEncoder> ByteBpe::piece_encoder() const {
  if (trie_.empty()) return std::make_unique<Merger>(bpe_);
  return std::make_unique<Backtracker>(bpe_, trie_);
}

size_t ByteBpe::decode(std::span<const uint32_t> ids, std::vector<uint8_t>& bytes) const {
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= size()) return i;
    const std::string_view token = bpe_.vocabulary()[ids[i]];
    if (token.empty()) return i;
    bytes.insert(bytes.end(), token.begin(), token.end());
  }
  return ids.size();
}

}  // namespace corpusmill::tokenizer
