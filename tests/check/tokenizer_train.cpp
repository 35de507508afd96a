// tokenizer_train: a vocabulary learned from the documents, over words and over lines, by one
// thread and by several, and the documents encoded by it.
#include <array>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "areas.hpp"
#include "tokenizer/byte_bpe.hpp"
#include "tokenizer/encode.hpp"
#include "tokenizer/train.hpp"
#include "tokenizer/used_merges.hpp"

namespace corpusmill::check {

namespace {

using Merges = std::vector<std::array<uint32_t, 2>>;

/// The bytes, and the tokens that merges make of them.
tokenizer::Bpe bpe_of(const Merges& merges) {
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  for (const auto& [left, right] : merges) tokens.push_back(tokens[left] + tokens[right]);
  std::string bytes;
  std::vector<int64_t> offsets{0};
  for (const std::string& token : tokens) {
    bytes += token;
    offsets.push_back(static_cast<int64_t>(bytes.size()));
  }
  return {tokenizer::Vocabulary(bytes, offsets), merges, false};
}

Merges learn(const Column& docs, tokenizer::Pattern pattern, const Merges& before, int threads) {
  const tokenizer::ByteBpe cutter(bpe_of({}), pattern);
  tokenizer::PieceCounter pieces(cutter);
  pieces.add(docs, threads);
  pieces.add(docs, threads);
  const std::array<int64_t, 1> nothing{0};
  const tokenizer::Vocabulary taken({}, nothing);
  const auto first_id = static_cast<uint32_t>(256 + before.size());
  Merges all = before;
  const Merges learned =
      tokenizer::train({bpe_of(before), pattern}, pieces, taken, {300, 2, 64, first_id});
  all.insert(all.end(), learned.begin(), learned.end());
  return all;
}

}  // namespace

size_t check_tokenizer_train(const Column& docs) {
  std::vector<Merges> all;
  for (const int threads : {1, 4}) {
    const Merges words = learn(docs, tokenizer::Pattern::o200k, {}, threads);
    all.push_back(learn(docs, tokenizer::Pattern::lines, words, threads));
  }
  if (all[0] != all[1]) throw std::logic_error("other merges by other numbers of threads");
  if (tokenizer::used_merges(bpe_of(all[0])) != all[0]) {
    throw std::logic_error("what was learned is not what is found again");
  }
  auto model = std::make_unique<tokenizer::ByteBpe>(bpe_of(all[0]), tokenizer::Pattern::lines);
  tokenizer::Tokenizer by_lines(std::move(model), 1 << 16);
  const auto ids = tokenizer::encode<uint32_t>(by_lines, docs, 4);
  const std::vector<int64_t> counts = tokenizer::count(by_lines, docs, 1);
  if (std::accumulate(counts.begin(), counts.end(), int64_t{0}) != ids.offsets.back()) {
    throw std::logic_error("other tokens are counted than encoded");
  }
  return all[0].size() + ids.ids.size();
}

}  // namespace corpusmill::check
