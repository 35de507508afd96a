// byte_bpe: the family of tiktoken: text as it is, or hardly changed, cut by a pattern, the bytes
// of each piece merged pair by pair.
#pragma once
#include <utility>

#include "tokenizer/bpe.hpp"
#include "tokenizer/model.hpp"
#include "tokenizer/pretokenize.hpp"
#include "tokenizer/token_trie.hpp"

namespace corpusmill::tokenizer {

/// What is done to a text before it is cut.
enum class Change : uint8_t {
  none,
  blank,  // is put before it, unless it is empty or begins with one
  nfc,    // these as library_form.hpp has them
  nfd,
  nfkc,
  nfkd,
};

class ByteBpe final : public Model {
 public:
  ByteBpe(Bpe bpe, Pattern pattern, Change change = Change::none);

  const Bpe& bpe() const { return bpe_; }
  Change change() const { return change_; }

  size_t size() const override { return bpe_.vocabulary().size(); }
  std::string_view normalized(std::string_view document, std::string& scratch) const override;
  std::string_view aligned(std::string_view document, bool is_first, std::string& scratch,
                           Origins& origins) const override;
  void spans(std::string_view text, std::span<const uint32_t> ids,
             std::vector<Span>& spans) const override;
  size_t cut(std::string_view text, const char* at, std::span<const char*> ends) const override;
  std::unique_ptr<PieceEncoder> piece_encoder() const override;
  size_t decode(std::span<const uint32_t> ids, bool is_first,
                std::vector<uint8_t>& bytes) const override;

 private:
  Bpe bpe_;
  TokenTrie trie_;  // empty: pieces are for the Merger
  Cut cut_;
  const Categories* categories_;
  Change change_;
};

}  // namespace corpusmill::tokenizer
