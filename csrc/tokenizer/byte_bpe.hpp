// byte_bpe: the family of tiktoken: text as it is, cut by a pattern, the bytes of each piece merged
// pair by pair.
#pragma once
#include <utility>

#include "tokenizer/bpe.hpp"
#include "tokenizer/model.hpp"
#include "tokenizer/pretokenize.hpp"

namespace corpusmill::tokenizer {

class ByteBpe final : public Model {
 public:
  ByteBpe(Bpe bpe, Pattern pattern);

  const Bpe& bpe() const { return bpe_; }

  size_t size() const override { return bpe_.vocabulary().size(); }
  size_t cut(const char* at, const char* end, std::span<const char*> ends) const override;
  std::unique_ptr<PieceEncoder> piece_encoder() const override;
  size_t decode(std::span<const uint32_t> ids, std::vector<uint8_t>& bytes) const override;

 private:
  Bpe bpe_;
  PieceEnd piece_end_;
  const Categories* categories_;
};

}  // namespace corpusmill::tokenizer
