// encode: each block of documents fills a part of its own; parts are laid end to end in order. One
// thread alone fills one part.
#include "tokenizer/encode.hpp"

#include <memory>
#include <span>
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

/// Puts the ids of a document into `all`, and stops soon after `enough()`.
template <class Ids, class Enough>
void encode_document(const AddedTokens& added, Encoder& encoder, std::string_view document,
                     Allowed allowed, Ids& all, Enough&& enough) {
  added.split(
      document, allowed,
      [&](std::string_view text) {
        return encoder.normalized(text, text.data() == document.data());
      },
      [&](std::string_view part, const AddedToken* token) {
        if (token == nullptr) return encoder(part, all, enough);
        if (enough()) return false;
        all.add(std::span(&token->id, 1));
        return true;
      });
}

}  // namespace

template <class Id>
Encoded<Id> encode(Tokenizer& tokenizer, const Column& docs, int threads, Allowed allowed,
                   size_t max_tokens) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<IdBuffer<Id>> parts(num_workers(blocks.size(), threads));
  const bool is_alone = parts.size() == 1;  // then its part is all there is
  InOrder<IdBuffer<Id>> in_order(is_alone ? 0 : blocks.size());
  Encoded<Id> all{std::vector<int64_t>(docs.size() + 1), {}};
  for_each_block(tokenizer, blocks, threads,
                 [&](Encoder& encoder, const Column::Block& block, size_t b, size_t worker) {
                   IdBuffer<Id>& part = parts[worker];
                   if (!is_alone) part.clear();
                   for (size_t i = block.begin; i < block.end; ++i) {
                     const size_t before = part.size();
                     encode_document(tokenizer.added, encoder, (*block.strings)[i], allowed, part,
                                     [&] { return part.size() - before >= max_tokens; });
                     if (part.size() - before > max_tokens) part.cut(before + max_tokens);
                     all.offsets[block.first + i - block.begin + 1] =
                         static_cast<int64_t>(part.size() - before);
                   }
                   if (is_alone) return;
                   in_order.put(b, part,
                                [&](const IdBuffer<Id>& next) { all.ids.append(next.view()); });
                 });
  if (is_alone) all.ids = parts[0].take();
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
                     IdCount ids;
                     encode_document(tokenizer.added, encoder, (*block.strings)[i], allowed, ids,
                                     [] { return false; });
                     counts[block.first + i - block.begin] = static_cast<int64_t>(ids.size());
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
    const auto is_first = [&] { return left.size() == row_ids.size(); };
    for (;;) {
      left = left.subspan(tokenizer.model->decode(left, is_first(), all.bytes));
      if (left.empty()) break;
      const std::string_view text = tokenizer.added.text_of(left[0]);
      if (text.empty()) refuse(left[0]);
      tokenizer.model->decode_added(text, is_first(), all.bytes);
      left = left.subspan(1);
    }
    all.offsets[row + 1] = static_cast<int64_t>(all.bytes.size());
  }
  return all;
}

}  // namespace corpusmill::tokenizer
