// byte_bpe: the pattern and the merges put together.
#include "tokenizer/byte_bpe.hpp"

namespace corpusmill::tokenizer {

ByteBpe::ByteBpe(Bpe bpe, Pattern pattern)
    : bpe_(std::move(bpe)), piece_end_(piece_end(pattern)), categories_(&Categories::get()) {}

size_t ByteBpe::cut(const char* at, const char* end, std::span<const char*> ends) const {
  size_t num = 0;
  while (at != end && num < ends.size()) ends[num++] = at = piece_end_(*categories_, at, end);
  return num;
}

std::unique_ptr<PieceEncoder> ByteBpe::piece_encoder() const {
  return std::make_unique<Merger>(bpe_);
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
