// gram_tally: n-grams of a part counted, in memory that one part after the other uses. Knows
// neither where they lie nor what becomes of them.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ngram/gram_block.hpp"
#include "ngram/gram_table.hpp"
#include "ngram/repeat_sketch.hpp"

namespace corpusmill::ngram {

/// One thread's.
class GramTally {
 public:
  explicit GramTally(size_t n) : n_(n), table_(n) {}

  const GramTable& table() const { return table_; }

  /// The table holds the n-grams of these blocks, of which those that are rarer than min_count may
  /// be missing: where one occurrence is not enough, what came once is for the most part kept out.
  void count(std::span<const GramBlock> blocks, uint64_t min_count) {
    const bool sketched = min_count > 1;
    size_t size = 0;
    for (const GramBlock& block : blocks) size += block.size(n_);
    if (sketched) {
      sketch_.reset(size);
      for (const GramBlock& block : blocks) sketch(block);
    }
    table_.reset(sketched ? sketch_.repeated() : size);
    for (const GramBlock& block : blocks) {
      if (block.form == GramForm::narrow) {
        add<uint16_t>(block, sketched);
      } else {
        add<uint32_t>(block, sketched);
      }
    }
  }

 private:
  static constexpr size_t batch = 256;  // records dealt with step by step, without a branch on each

  void sketch(const GramBlock& block) {
    const std::byte* const end = block.records.data() + block.records.size();
    const size_t width = gram_width(block.form, n_);
    for (const std::byte* record = block.records.data(); record < end; record += width) {
      sketch_.add(spread(record), block.count(record, n_) > 1);
    }
  }

  // Whether a record is kept out is a coin that the CPU cannot predict.
  template <class Number>
  void add(const GramBlock& block, bool sketched) {
    const size_t width = gram_width(block.form, n_), size = block.size(n_);
    const std::byte* kept[batch];
    uint64_t hashes[batch];
    for (size_t done = 0; done < size; done += batch) {
      size_t num_kept = 0;
      for (size_t i = done; i < std::min(done + batch, size); ++i) {
        kept[num_kept] = block.records.data() + i * width;
        num_kept += static_cast<size_t>(!sketched || sketch_.may_repeat(spread(kept[num_kept])));
      }
      for (size_t i = 0; i < num_kept; ++i) {
        hashes[i] = table_.hash(GramBlock::gram<Number>(kept[i]));
        table_.prefetch(hashes[i]);
      }
      for (size_t i = 0; i < num_kept; ++i) {
        table_.add(GramBlock::middle(kept[i]), GramBlock::gram<Number>(kept[i]), hashes[i],
                   block.count(kept[i], n_));
      }
    }
  }

  static uint64_t spread(const std::byte* record) {
    return GramBlock::middle(record) * 0x9e3779b97f4a7c15u;
  }

  size_t n_;
  RepeatSketch sketch_;
  GramTable table_;
};

}  // namespace corpusmill::ngram
