// byte_bpe: the pattern and the merges put together.
#include "tokenizer/byte_bpe.hpp"

#include <optional>

#include "tokenizer/backtracker.hpp"
#include "tokenizer/library_form.hpp"

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

std::optional<text::Form> form_of(Change change) {
  switch (change) {
    case Change::nfc: return text::Form::nfc;
    case Change::nfd: return text::Form::nfd;
    case Change::nfkc: return text::Form::nfkc;
    case Change::nfkd: return text::Form::nfkd;
    default: return {};
  }
}

}  // namespace

ByteBpe::ByteBpe(Bpe bpe, Pattern pattern, Change change)
    : bpe_(std::move(bpe)),
      trie_(trie_of(bpe_)),
      cut_(cutter(pattern)),
      categories_(&Categories::get()),
      change_(change) {}

std::string_view ByteBpe::normalized(std::string_view document, std::string& scratch) const {
  if (const auto form = form_of(change_)) return library_form(*form, document, scratch);
  if (change_ == Change::none || document.empty() || document[0] == ' ') return document;
  return scratch.assign(1, ' ').append(document);
}

std::string_view ByteBpe::aligned(std::string_view document, bool /*is_first*/,
                                  std::string& scratch, Origins& origins) const {
  origins.clear();
  std::vector<size_t>& places = origins.begins;
  if (const auto form = form_of(change_)) {
    return aligned_library_form(*form, document, scratch, places);
  }
  const std::string_view text = normalized(document, scratch);
  if (text.size() == document.size()) return text;
  places.push_back(0);
  for (size_t i = 0; i <= document.size(); ++i) places.push_back(i);
  return text;
}

void ByteBpe::spans(std::string_view /*text*/, std::span<const uint32_t> ids,
                    std::vector<Span>& spans) const {
  size_t at = 0;
  for (const uint32_t id : ids) {
    const size_t begin = at;
    at += bpe_.vocabulary()[id].size();
    spans.push_back({begin, at});
  }
}

size_t ByteBpe::cut(std::string_view text, const char* at, std::span<const char*> ends) const {
  return cut_(*categories_, text, at, ends);
}

std::unique_ptr<PieceEncoder> ByteBpe::piece_encoder() const {
  if (trie_.empty()) return std::make_unique<Merger>(bpe_);
  return std::make_unique<Backtracker>(bpe_, trie_);
}

size_t ByteBpe::decode(std::span<const uint32_t> ids, bool /*is_first*/,
                       std::vector<uint8_t>& bytes) const {
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= size()) return i;
    const std::string_view token = bpe_.vocabulary()[ids[i]];
    if (token.empty()) return i;
    bytes.insert(bytes.end(), token.begin(), token.end());
  }
  return ids.size();
}

}  // namespace corpusmill::tokenizer
