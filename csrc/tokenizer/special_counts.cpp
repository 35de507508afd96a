// special_counts: the numbers of the tokens of a document, sorted and run together.
#include "tokenizer/special_counts.hpp"

#include <algorithm>
#include <string>

#include "core/in_order.hpp"
#include "core/parallel.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr size_t rows_per_block = 64;

struct Part {
  std::vector<int32_t> tokens;
  std::vector<int64_t> counts;
};

class Finder {
 public:
  Finder(const Tokenizer& tokenizer, Allowed allowed) : tokenizer_(&tokenizer), allowed_(allowed) {}

  /// Appends what a document has of each; how many there are.
  int64_t operator()(std::string_view document, Part& part) {
    numbers_.clear();
    tokenizer_->added.split(
        document, allowed_,
        [&](std::string_view text) { return tokenizer_->model->normalized(text, scratch_); },
        [&](std::string_view, const AddedToken* token) {
          if (token != nullptr && token->special) numbers_.push_back(token->number);
          return true;
        });
    std::ranges::sort(numbers_);
    const size_t before = part.tokens.size();
    for (auto at = numbers_.begin(); at != numbers_.end();) {
      const auto next = std::upper_bound(at, numbers_.end(), *at);
      part.tokens.push_back(static_cast<int32_t>(*at));
      part.counts.push_back(next - at);
      at = next;
    }
    return static_cast<int64_t>(part.tokens.size() - before);
  }

 private:
  const Tokenizer* tokenizer_;
  Allowed allowed_;
  std::string scratch_;
  std::vector<uint32_t> numbers_;
};

}  // namespace

SpecialCounts special_counts(const Tokenizer& tokenizer, const Column& docs, Allowed allowed,
                             int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<Finder> finders(num_workers(blocks.size(), threads), Finder(tokenizer, allowed));
  InOrder<Part> in_order(blocks.size());
  SpecialCounts all{std::vector<int64_t>(docs.size() + 1), {}, {}};
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    const Column::Block& block = blocks[b];
    Part part;
    for (size_t i = block.begin; i < block.end; ++i) {
      all.offsets[block.first + i - block.begin + 1] = finders[worker]((*block.strings)[i], part);
    }
    in_order.put(b, part, [&](const Part& next) {
      all.tokens.insert(all.tokens.end(), next.tokens.begin(), next.tokens.end());
      all.counts.insert(all.counts.end(), next.counts.begin(), next.counts.end());
    });
  });
  for (size_t row = 0; row < docs.size(); ++row) all.offsets[row + 1] += all.offsets[row];
  return all;
}

}  // namespace corpusmill::tokenizer
