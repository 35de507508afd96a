// tokenizer_wordpiece: hostile documents by every rule of BERT's normalizer; the same ids however
// many threads encode and whatever they remember.
#include <array>
#include <stdexcept>
#include <string>

#include "areas.hpp"
#include "tokenizer/encode.hpp"
#include "tokenizer/wordpiece.hpp"

namespace corpusmill::check {

namespace {

using tokenizer::BertRules;
using tokenizer::Spellings;
using tokenizer::Tokenizer;
using tokenizer::WordPiece;

Spellings spellings() {
  std::string bytes;
  std::vector<int64_t> offsets{0};
  const auto add = [&](const std::string& token) {
    bytes += token;
    offsets.push_back(static_cast<int64_t>(bytes.size()));
  };
  add("[UNK]");
  add("");
  for (char c = '!'; c <= '~'; ++c) add(std::string(1, c)), add("##" + std::string(1, c));
  for (const char* token :
       {"the", "##ing", "\xe4\xb8\xad", "##\xcc\x81", "##abcabcabcabcabcabcd"}) {
    add(token);
  }
  return {bytes, offsets};
}

}  // namespace

size_t check_wordpiece(const Column& docs) {
  size_t found = 0;
  const Spellings tokens = spellings();
  for (unsigned rules = 0; rules < 16; ++rules) {
    const BertRules asked{(rules & 1) != 0, (rules & 2) != 0, (rules & 4) != 0, (rules & 8) != 0};
    std::vector<uint16_t> first;
    for (const size_t cache_bytes : {size_t{0}, size_t{1000}, size_t{1} << 20}) {
      auto model = std::make_unique<WordPiece>(tokens, tokens, tokens,
                                               WordPiece::Options{"##", 0, 100, asked});
      Tokenizer tokenizer(std::move(model), cache_bytes);
      const auto all = tokenizer::encode<uint16_t>(tokenizer, docs, cache_bytes == 0 ? 1 : 4);
      const auto ids = all.ids.view();
      if (cache_bytes == 0) first.assign(ids.begin(), ids.end());
      if (!std::equal(ids.begin(), ids.end(), first.begin(), first.end())) {
        throw std::logic_error("ids depend on threads or on what is remembered");
      }
      found += ids.size();
    }
  }
  return found;
}

}  // namespace corpusmill::check
