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

}  // namespace

template <class Id>
Encoded<Id> encode(Tokenizer& tokenizer, const Column& docs, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<std::vector<Id>> parts(num_workers(blocks.size(), threads));
  InOrder<std::vector<Id>> in_order(blocks.size());
  Encoded<Id> all{std::vector<int64_t>(docs.size() + 1), {}};
  for_each_block(tokenizer, blocks, threads,
                 [&](Encoder& encoder, const Column::Block& block, size_t b, size_t worker) {
                   std::vector<Id>& part = parts[worker];
                   part.clear();
                   for (size_t i = block.begin; i < block.end; ++i) {
                     const size_t before = part.size();
                     encoder((*block.strings)[i], [&](const uint32_t* ids, size_t num) {
                       for (size_t j = 0; j < num; ++j) part.push_back(static_cast<Id>(ids[j]));
                     });
                     all.offsets[block.first + i - block.begin + 1] =
                         static_cast<int64_t>(part.size() - before);
                   }
                   in_order.put(b, part,
                                [&](const std::vector<Id>& next) { all.ids.append(next); });
                 });
  for (size_t row = 0; row < docs.size(); ++row) all.offsets[row + 1] += all.offsets[row];
  return all;
}

template Encoded<uint16_t> encode(Tokenizer& tokenizer, const Column& docs, int threads);
template Encoded<uint32_t> encode(Tokenizer& tokenizer, const Column& docs, int threads);

std::vector<int64_t> count(Tokenizer& tokenizer, const Column& docs, int threads) {
  std::vector<int64_t> counts(docs.size());
  for_each_block(tokenizer, docs.blocks(rows_per_block), threads,
                 [&](Encoder& encoder, const Column::Block& block, size_t, size_t) {
                   for (size_t i = block.begin; i < block.end; ++i) {
                     int64_t& count = counts[block.first + i - block.begin];
                     encoder((*block.strings)[i], [&](const uint32_t*, size_t num) {
                       count += static_cast<int64_t>(num);
                     });
                   }
                 });
  return counts;
}

Decoded decode(const Model& model, const Column& ids, TokenType type) {
  Decoded all{std::vector<int64_t>(ids.size() + 1), {}};
  std::vector<uint32_t> row_ids;
  for (size_t row = 0; row < ids.size(); ++row) {
    row_ids.clear();
    const auto refuse = [&](uint64_t id) {
      throw std::out_of_range("ids: row " + std::to_string(row) + " holds " +
                              std::to_string(static_cast<int64_t>(id)) + ", which is no token");
    };
    for_each_token_id(ids[row], type, [&](uint64_t id) {
      if (id >= model.size()) refuse(id);
      row_ids.push_back(static_cast<uint32_t>(id));
    });
    const size_t good = model.decode(row_ids, all.bytes);
    if (good < row_ids.size()) refuse(row_ids[good]);
    all.offsets[row + 1] = static_cast<int64_t>(all.bytes.size());
  }
  return all;
}

}  // namespace corpusmill::tokenizer
