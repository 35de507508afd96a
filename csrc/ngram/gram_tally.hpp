// gram_tally: n-grams of a part counted, in memory that one part after the other uses. Knows
// neither where they lie nor what becomes of them.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ngram/gram_table.hpp"
#include "ngram/repeat_sketch.hpp"

namespace corpusmill::ngram {

/// Records one behind the other: those of GramTable with their counts, or n-grams that came once.
struct GramBlock {
  std::span<const uint32_t> records;
  bool counted;
};

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
    for (const GramBlock& block : blocks) size += block.records.size() / width(block);
    if (sketched) {
      sketch_.reset(size);
      for_each(blocks, [&](const uint32_t* record, uint64_t count) {
        sketch_.add(spread(record), count > 1);
      });
    }
    table_.reset(sketched ? sketch_.repeated() : size);
    for (const GramBlock& block : blocks) add(block, sketched);
  }

 private:
  static constexpr size_t batch = 256;  // records dealt with step by step, without a branch on each

  // Whether a record is kept out is a coin that the CPU cannot predict.
  void add(const GramBlock& block, bool sketched) {
    const size_t step = width(block), size = block.records.size() / step;
    const uint32_t* kept[batch];
    uint64_t hashes[batch];
    for (size_t done = 0; done < size; done += batch) {
      size_t num_kept = 0;
      for (size_t i = done; i < std::min(done + batch, size); ++i) {
        kept[num_kept] = block.records.data() + i * step;
        num_kept += static_cast<size_t>(!sketched || sketch_.may_repeat(spread(kept[num_kept])));
      }
      for (size_t i = 0; i < num_kept; ++i) {
        hashes[i] = table_.hash(kept[i]);
        table_.prefetch(hashes[i]);
      }
      for (size_t i = 0; i < num_kept; ++i) {
        table_.add(kept[i], hashes[i], block.counted ? GramTable::count(kept[i], n_) : 1);
      }
    }
  }

  size_t width(const GramBlock& block) const {
    return block.counted ? GramTable::width(n_) : GramRecord::width(n_);
  }
  static uint64_t spread(const uint32_t* record) {
    return GramRecord::middle(record) * 0x9e3779b97f4a7c15u;
  }

  template <class Take>
  void for_each(std::span<const GramBlock> blocks, Take&& take) const {
    for (const GramBlock& block : blocks) {
      const uint32_t* const end = block.records.data() + block.records.size();
      const size_t step = width(block);
      for (const uint32_t* record = block.records.data(); record < end; record += step) {
        take(record, block.counted ? GramTable::count(record, n_) : uint64_t{1});
      }
    }
  }

  size_t n_;
  RepeatSketch sketch_;
  GramTable table_;
};

}  // namespace corpusmill::ngram
