// offsets: the model tells them within the text it made of a document, and where that comes from.
#include "tokenizer/offsets.hpp"

#include <memory>
#include <string>

#include "core/in_order.hpp"
#include "core/parallel.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr size_t rows_per_block = 16;

template <class Id>
struct Part {
  std::vector<Id> ids;
  std::vector<int64_t> begins, ends;

  void add(uint32_t id, size_t begin, size_t end) {
    ids.push_back(static_cast<Id>(id));
    begins.push_back(static_cast<int64_t>(begin));
    ends.push_back(static_cast<int64_t>(end));
  }
};

/// What one thread does; documents one after the other.
class Locator {
 public:
  explicit Locator(Tokenizer& tokenizer)
      : tokenizer_(&tokenizer), encoder_(tokenizer.encoders.take()) {}
  Locator(const Locator&) = delete;
  ~Locator() {
    if (encoder_) tokenizer_->encoders.give_back(std::move(encoder_));
  }

  template <class Id>
  void operator()(std::string_view document, Allowed allowed, Part<Id>& part) {
    size_t before = 0;      // bytes of the document before what was normalized last
    std::string_view text;  // what that became
    const auto normalize = [&](std::string_view raw) {
      before = static_cast<size_t>(raw.data() - document.data());
      return text = tokenizer_->model->aligned(raw, before == 0, scratch_, origins_);
    };
    const auto add = [&](uint32_t id, Span of) {
      const Span from = origins_(of);
      part.add(id, before + from.begin, before + from.end);
    };
    tokenizer_->added.split(
        document, allowed, normalize, [&](std::string_view found, const AddedToken* token) {
          if (token != nullptr && token->stage != AddedToken::Stage::normalized) {
            const auto begin = static_cast<size_t>(found.data() - document.data());
            part.add(token->id, begin, begin + found.size());
            return true;
          }
          const auto begin = static_cast<size_t>(found.data() - text.data());
          if (token != nullptr) {
            add(token->id, {begin, begin + found.size()});
            return true;
          }
          encode(found);
          for (size_t i = 0; i < ids_.size(); ++i) {
            add(ids_.view()[i], {begin + spans_[i].begin, begin + spans_[i].end});
          }
          return true;
        });
  }

 private:
  void encode(std::string_view text) {
    ids_.clear();
    spans_.clear();
    (*encoder_)(text, ids_, [] { return false; });
    tokenizer_->model->spans(text, ids_.view(), spans_);
  }

  Tokenizer* tokenizer_;
  std::unique_ptr<Encoder> encoder_;
  std::string scratch_;
  Origins origins_;
  IdBuffer<uint32_t> ids_;
  std::vector<Span> spans_;
};

}  // namespace

template <class Id>
Offsets<Id> find_offsets(Tokenizer& tokenizer, const Column& docs, Allowed allowed, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<std::unique_ptr<Locator>> locators(num_workers(blocks.size(), threads));
  InOrder<Part<Id>> in_order(blocks.size());
  Offsets<Id> all{std::vector<int64_t>(docs.size() + 1), {}, {}, {}};
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    if (!locators[worker]) locators[worker] = std::make_unique<Locator>(tokenizer);
    const Column::Block& block = blocks[b];
    Part<Id> part;
    for (size_t i = block.begin; i < block.end; ++i) {
      const size_t before = part.ids.size();
      (*locators[worker])((*block.strings)[i], allowed, part);
      all.offsets[block.first + i - block.begin + 1] =
          static_cast<int64_t>(part.ids.size() - before);
    }
    in_order.put(b, part, [&](const Part<Id>& next) {
      all.ids.append(next.ids);
      all.begins.append(next.begins);
      all.ends.append(next.ends);
    });
  });
  for (size_t row = 0; row < docs.size(); ++row) all.offsets[row + 1] += all.offsets[row];
  return all;
}

template Offsets<uint16_t> find_offsets(Tokenizer&, const Column&, Allowed, int);
template Offsets<uint32_t> find_offsets(Tokenizer&, const Column&, Allowed, int);

}  // namespace corpusmill::tokenizer
