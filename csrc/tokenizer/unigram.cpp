// unigram: what the pieces score.
#include "tokenizer/unigram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tokenizer/unigram_encoder.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr float unknown_penalty = 10.0f;

}  // namespace

Unigram::Unigram(const SentencePieceFile& file) : SentencePiece(file), scores_(size()) {
  float least = std::numeric_limits<float>::max();
  for (uint32_t id = 0; id < size(); ++id) {
    if (pieces().type(id) == PieceType::normal) least = std::min(least, pieces().score(id));
  }
  scores_[pieces().unknown()] = least - unknown_penalty;
  largest_score_ = std::abs(unknown_score());
  std::vector<std::string_view> texts;
  std::vector<uint32_t> ids;
  for (const uint32_t id : pieces().in_order()) {
    if (pieces().type(id) == PieceType::unused) continue;
    const std::string_view text = pieces()[id];
    scores_[id] = pieces().type(id) == PieceType::user_defined
                      ? static_cast<float>(static_cast<double>(pieces().num_bytes(id)) * 0.1 - 0.1)
                      : pieces().score(id);
    largest_score_ = std::max<double>(largest_score_, std::abs(scores_[id]));
    longest_ = std::max(longest_, text.size());
    texts.push_back(text);
    ids.push_back(id);
  }
  trie_ = Trie(texts, ids);
}

std::unique_ptr<TextEncoder> Unigram::text_encoder(size_t cache_bytes) const {
  return std::make_unique<UnigramEncoder>(*this, cache_bytes);
}

void Unigram::spans(std::string_view text, std::span<const uint32_t> /*ids*/,
                    std::vector<Span>& spans) const {
  UnigramEncoder encode(*this, 0, true);
  size_t place = 0;
  encode.begin(text);
  while (!encode.more().empty()) continue;
  append_spans(encode.sizes(), place, spans);
}

}  // namespace corpusmill::tokenizer
