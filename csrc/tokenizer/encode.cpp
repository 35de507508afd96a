// encode: each block of documents fills a part of its own; parts are laid end to end in order.
#include "tokenizer/encode.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include "core/in_order.hpp"
#include "core/parallel.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr size_t rows_per_block = 16;

/// Encodes documents block by block: calls body(encoder, block, b, worker) for each.
template <class Body>
void for_each_block(Tokenizer& tokenizer, const std::vector<Column::Block>& blocks, int threads,
                    Body&& body) {
  std::vector<std::unique_ptr<Encoder>> encoders(num_workers(blocks.size(), threads));
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    if (!encoders[worker]) encoders[worker] = tokenizer.encoders.take();
    body(*encoders[worker], blocks[b], b, worker);
  });
  for (auto& encoder : encoders) {
    if (encoder) tokenizer.encoders.give_back(std::move(encoder));
  }
}

/// Calls sink(ids, num) for what a document is made of, and stops soon after `enough()`.
template <class Sink, class Enough>
void encode_document(const AddedTokens& added, Encoder& encoder, std::string_view document,
                     Allowed allowed, Sink&& sink, Enough&& enough) {
  added.split(
      document, allowed, [&](std::string_view text) { return encoder.normalized(text); },
      [&](std::string_view part, const AddedToken* token) {
        if (token == nullptr) return encoder(part, sink, enough);
        if (enough()) return false;
        sink(&token->id, 1);
        return true;
      });
}

}  // namespace

template <class Id>
Encoded<Id> encode(Tokenizer& tokenizer, const Column& docs, int threads, Allowed allowed,
                   size_t max_tokens) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<std::vector<Id>> parts(num_workers(blocks.size(), threads));
  InOrder<std::vector<Id>> in_order(blocks.size());
  Encoded<Id> all{std::vector<int64_t>(docs.size() + 1), {}};
  for_each_block(tokenizer, blocks, threads,
                 [&](Encoder& encoder, const Column::Block& block, size_t b, size_t worker) {
                   std::vector<Id>& part = parts[worker];
                   part.clear();
                   const auto append = [&](const uint32_t* ids, size_t num) {
                     for (size_t j = 0; j < num; ++j) part.push_back(static_cast<Id>(ids[j]));
                   };
                   for (size_t i = block.begin; i < block.end; ++i) {
                     const size_t before = part.size();
                     encode_document(tokenizer.added, encoder, (*block.strings)[i], allowed, append,
                                     [&] { return part.size() - before >= max_tokens; });
                     if (part.size() - before > max_tokens) part.resize(before + max_tokens);
                     all.offsets[block.first + i - block.begin + 1] =
                         static_cast<int64_t>(part.size() - before);
                   }
                   in_order.put(b, part,
                                [&](const std::vector<Id>& next) { all.ids.append(next); });
                 });
  for (size_t row = 0; row < docs.size(); ++row) all.offsets[row + 1] += all.offsets[row];
  return all;
}

template Encoded<uint16_t> encode(Tokenizer&, const Column&, int, Allowed, size_t);
template Encoded<uint32_t> encode(Tokenizer&, const Column&, int, Allowed, size_t);

std::vector<int64_t> count(Tokenizer& tokenizer, const Column& docs, int threads, Allowed allowed) {
  std::vector<int64_t> counts(docs.size());
  for_each_block(tokenizer, docs.blocks(rows_per_block), threads,
                 [&](Encoder& encoder, const Column::Block& block, size_t, size_t) {
                   for (size_t i = block.begin; i < block.end; ++i) {
                     int64_t& count = counts[block.first + i - block.begin];
                     const auto add = [&](const uint32_t*, size_t num) {
                       count += static_cast<int64_t>(num);
                     };
                     encode_document(tokenizer.added, encoder, (*block.strings)[i], allowed, add,
                                     [] { return false; });
                   }
                 });
  return counts;
}

Decoded decode(const Tokenizer& tokenizer, const Column& ids, TokenType type) {
  Decoded all{std::vector<int64_t>(ids.size() + 1), {}};
  std::vector<uint32_t> row_ids;
  for (size_t row = 0; row < ids.size(); ++row) {
    row_ids.clear();
    const auto refuse = [&](uint64_t id) {
      throw std::out_of_range("ids: row " + std::to_string(row) + " holds " +
                              std::to_string(static_cast<int64_t>(id)) + ", which is no token");
    };
    for_each_token_id(ids[row], type, [&](uint64_t id) {
      if (id >= no_id) refuse(id);
      row_ids.push_back(static_cast<uint32_t>(id));
    });
    std::span<const uint32_t> left = row_ids;
    for (;;) {
      left = left.subspan(tokenizer.model->decode(left, all.bytes));
      if (left.empty()) break;
      const std::string_view text = tokenizer.added.text_of(left[0]);
      if (text.empty()) refuse(left[0]);
      all.bytes.insert(all.bytes.end(), text.begin(), text.end());
      left = left.subspan(1);
    }
    all.offsets[row + 1] = static_cast<int64_t>(all.bytes.size());
  }
  return all;
}

}  // namespace corpusmill::tokenizer
