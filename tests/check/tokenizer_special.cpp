// tokenizer_special: hostile documents through added tokens of every kind, normal forms, offsets
// and first tokens; the same however many threads there are.
#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "areas.hpp"
#include "tokenizer/byte_bpe.hpp"
#include "tokenizer/encode.hpp"
#include "tokenizer/offsets.hpp"
#include "tokenizer/special_counts.hpp"

namespace corpusmill::check {

namespace {

using tokenizer::AddedToken;
using tokenizer::AddedTokens;
using tokenizer::Change;
using tokenizer::Tokenizer;

std::unique_ptr<Tokenizer> make(Change change) {
  std::string bytes;
  std::vector<int64_t> offsets{0};
  const auto token = [&](const std::string& text) {
    bytes += text;
    offsets.push_back(static_cast<int64_t>(bytes.size()));
  };
  for (int byte = 0; byte < 256; ++byte) token(std::string(1, static_cast<char>(byte)));
  token("th");
  token("");
  token("the");
  constexpr std::array<uint32_t, 2> merges[] = {{'t', 'h'}, {256, 'e'}};
  tokenizer::Bpe bpe({bytes, offsets}, merges, false);
  using tokenizer::ByteBpe;
  return std::make_unique<Tokenizer>(
      std::make_unique<ByteBpe>(std::move(bpe), tokenizer::Pattern::cl100k, change), 1000);
}

AddedTokens added(const Tokenizer& tokenizer) {
  using Stage = AddedToken::Stage;
  std::vector<AddedToken> all;
  const auto add = [&](const std::string& text, bool special, bool left, bool right, Stage stage) {
    const auto number = static_cast<uint32_t>(all.size());
    all.push_back({text, 300 + number, special, left, right, stage, number});
  };
  add("a", true, false, false, Stage::first);
  add("ab", false, true, true, Stage::first);
  add("\xe4\xb8", true, false, false, Stage::second);
  add(" ", true, false, true, Stage::second);
  add("e", true, true, false, Stage::normalized);
  add("\xff", false, false, true, Stage::normalized);
  add("longer than any document is likely to spell", true, true, true, Stage::first);
  add("only decoded", false, false, false, Stage::never);
  return {std::move(all), *tokenizer.model};
}

size_t check(Tokenizer& tokenizer, const Column& docs, tokenizer::Allowed allowed) {
  const auto one = tokenizer::find_offsets<uint16_t>(tokenizer, docs, allowed, 1);
  const auto many = tokenizer::find_offsets<uint16_t>(tokenizer, docs, allowed, 4);
  const auto ids = tokenizer::encode<uint16_t>(tokenizer, docs, 4, allowed);
  const auto first = tokenizer::encode<uint16_t>(tokenizer, docs, 4, allowed, 3);
  if (!std::ranges::equal(one.ends.view(), many.ends.view()) ||
      !std::ranges::equal(one.ids.view(), ids.ids.view())) {
    throw std::logic_error("offsets depend on threads or are not of the ids");
  }
  for (size_t row = 0, at = 0; row < docs.size(); ++row) {
    const auto size = static_cast<int64_t>(docs[row].size());
    for (const auto end = static_cast<size_t>(one.offsets[row + 1]); at < end; ++at) {
      const int64_t from = one.begins.view()[at], to = one.ends.view()[at];
      if (from < 0 || to < from || to > size) {
        throw std::logic_error("a token stands for bytes beyond its document");
      }
    }
  }
  return ids.ids.size() + first.ids.size();
}

}  // namespace

size_t check_special(const Column& docs) {
  size_t found = 0;
  for (const auto change : {Change::none, Change::nfc, Change::blank}) {
    const auto tokenizer = make(change);
    tokenizer->added = added(*tokenizer);
    const std::vector<uint8_t> all(tokenizer->added.size(), 1);
    found += check(*tokenizer, docs, all) + check(*tokenizer, docs, {});
    found += tokenizer::special_counts(*tokenizer, docs, all, 4).tokens.size();
  }
  return found;
}

}  // namespace corpusmill::check
