// encode: columns of documents as lists of token ids, and back.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/growing.hpp"
#include "core/strings.hpp"
#include "core/token_ids.hpp"
#include "tokenizer/added_tokens.hpp"
#include "tokenizer/encoder.hpp"

namespace corpusmill::tokenizer {

/// A model, the tokens beside it, and what threads keep of it. Threads may use one at once.
struct Tokenizer {
  Tokenizer(std::unique_ptr<Model> whole, size_t cache_bytes)
      : model(std::move(whole)), encoders(*model, cache_bytes) {}

  std::unique_ptr<const Model> model;
  AddedTokens added;  // before it is used
  Encoders encoders;
};

/// Ragged: row i is ids[offsets[i] .. offsets[i + 1]).
template <class Id>
struct Encoded {
  std::vector<int64_t> offsets;
  Growing<Id> ids;
};

constexpr size_t all_tokens = std::numeric_limits<size_t>::max();

/// The first max_tokens ids of each document; a null has none. Id: uint16_t, where all ids fit, or
/// uint32_t.
template <class Id>
Encoded<Id> encode(Tokenizer& tokenizer, const Column& docs, int threads, Allowed allowed = {},
                   size_t max_tokens = all_tokens);

/// How many ids each document has.
std::vector<int64_t> count(Tokenizer& tokenizer, const Column& docs, int threads,
                           Allowed allowed = {});

struct Decoded {
  std::vector<int64_t> offsets;
  std::vector<uint8_t> bytes;
};

/// The bytes of the tokens of each row of ids; a null has none. Throws std::out_of_range naming the
/// row and the id if one stands for nothing.
Decoded decode(const Tokenizer& tokenizer, const Column& ids, TokenType type);

}  // namespace corpusmill::tokenizer
