// encode: each block of documents fills a part of its own; parts are laid end to end in order.
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
constexpr size_t at_once = 3;  // ids of a piece that can be read, however few are good

/// Ids one behind the other. Of a piece at_once are written: how many are good is hard to predict.
/// Aligned, so that no two threads write to the same line of memory all the time.
template <class Id>
class alignas(64) Part {
 public:
  Part() = default;
  Part(const Part& other) : ids_(other.view().begin(), other.view().end()), size_(other.size_) {}
  Part& operator=(const Part&) = delete;

  void clear() { size_ = 0; }
  void cut(size_t size) { size_ = size; }
  size_t size() const { return size_; }
  std::span<const Id> view() const { return {ids_.data(), size_}; }

  void add(const uint32_t* ids, size_t num) {
    if (ids_.size() < size_ + num + at_once) ids_.resize(2 * (size_ + num + at_once));
    Id* const out = ids_.data() + size_;
    for (size_t i = 0; i < at_once; ++i) out[i] = static_cast<Id>(ids[i]);
    for (size_t i = at_once; i < num; ++i) out[i] = static_cast<Id>(ids[i]);
    size_ += num;
  }

 private:
  std::vector<Id> ids_;
  size_t size_ = 0;
};

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
      document, allowed,
      [&](std::string_view text) {
        return encoder.normalized(text, text.data() == document.data());
      },
      [&](std::string_view part, const AddedToken* token) {
        if (token == nullptr) return encoder(part, sink, enough);
        if (enough()) return false;
        const uint32_t ids[at_once] = {token->id};
        sink(ids, 1);
        return true;
      });
}

}  // namespace

template <class Id>
Encoded<Id> encode(Tokenizer& tokenizer, const Column& docs, int threads, Allowed allowed,
                   size_t max_tokens) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<Part<Id>> parts(num_workers(blocks.size(), threads));
  InOrder<Part<Id>> in_order(blocks.size());
  Encoded<Id> all{std::vector<int64_t>(docs.size() + 1), {}};
  for_each_block(tokenizer, blocks, threads,
                 [&](Encoder& encoder, const Column::Block& block, size_t b, size_t worker) {
                   Part<Id>& part = parts[worker];
                   part.clear();
                   const auto append = [&](const uint32_t* ids, size_t num) { part.add(ids, num); };
                   for (size_t i = block.begin; i < block.end; ++i) {
                     const size_t before = part.size();
                     encode_document(tokenizer.added, encoder, (*block.strings)[i], allowed, append,
                                     [&] { return part.size() - before >= max_tokens; });
                     if (part.size() - before > max_tokens) part.cut(before + max_tokens);
                     all.offsets[block.first + i - block.begin + 1] =
                         static_cast<int64_t>(part.size() - before);
                   }
                   in_order.put(b, part,
                                [&](const Part<Id>& next) { all.ids.append(next.view()); });
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
                     int64_t count = 0;
                     const auto add = [&](const uint32_t*, size_t num) {
                       count += static_cast<int64_t>(num);
                     };
                     encode_document(tokenizer.added, encoder, (*block.strings)[i], allowed, add,
                                     [] { return false; });
                     counts[block.first + i - block.begin] = count;
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
