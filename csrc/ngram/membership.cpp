// membership: each worker walks documents; what it inserts waits until there is a batch for one
// region of the filter, so that no two workers write to a block at once and a region is still near
// when the next of its hashes comes.
#include "ngram/membership.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "core/parallel.hpp"
#include "simd/loops.hpp"
#include "text/pieces.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t rows_per_block = 64;
constexpr size_t batch = 512;

/// One worker's hashes on their way.
class Inserter {
 public:
  explicit Inserter(Bloom& filter) : filter_(&filter) {}

  void add(uint64_t hash) {
    const size_t region = filter_->region_of(hash);
    hashes_[region][sizes_[region]++] = hash;
    if (sizes_[region] == batch) flush(region);
  }

  void finish() {
    for (size_t region = 0; region < Bloom::num_regions; ++region) flush(region);
  }

 private:
  void flush(size_t region) {
    if (sizes_[region] > 0) filter_->add(region, {hashes_[region].data(), sizes_[region]});
    sizes_[region] = 0;
  }

  Bloom* filter_;
  std::array<size_t, Bloom::num_regions> sizes_{};
  std::array<std::array<uint64_t, batch>, Bloom::num_regions> hashes_{};
};

/// Calls body(document, row, block, worker) for every document that is not null.
template <class Body>
void for_each_document(const std::vector<Column::Block>& blocks, int threads, Body&& body) {
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    for (size_t i = blocks[b].begin; i < blocks[b].end; ++i) {
      if (blocks[b].strings->is_null(i)) continue;
      body((*blocks[b].strings)[i], blocks[b].first + i - blocks[b].begin, b, worker);
    }
  });
}

/// Of lines or paragraphs, whose hashes alone go into a filter.
class PieceHashes {
 public:
  std::span<const uint64_t> operator()(std::string_view document, ItemUnit unit) {
    contents_.clear();
    const auto piece = unit == ItemUnit::line ? text::Piece::line : text::Piece::paragraph;
    hashes_.resize(contents_.add(document, piece));
    simd::loops().hash_each(contents_.view().data(), hashes_.size(), hashes_.data());
    return hashes_;
  }

 private:
  text::Contents contents_;
  std::vector<uint64_t> hashes_;
};

/// Calls sink(run, there) for every run of items, there[i] saying whether the filter has item i.
class Look {
 public:
  Look(const Bloom& filter, const ItemOptions& options) : filter_(&filter), items_(options) {}

  template <class Sink>
  void operator()(std::string_view document, Sink&& sink) {
    items_(document, [&](const Items::Run& run) {
      there_.resize(std::max(there_.size(), run.hashes.size()));
      filter_->contains(run.hashes, there_.data());
      sink(run, std::span<const uint8_t>(there_.data(), run.hashes.size()));
    });
  }

 private:
  const Bloom* filter_;
  Items items_;
  std::vector<uint8_t> there_;
};

/// The longest chain of one document so far; one chain for each remainder of an item's number.
class Chains {
 public:
  explicit Chains(size_t stride) : open_(stride) {}

  void start() {
    std::fill(open_.begin(), open_.end(), Chain{});
    longest_ = {}, at_ = 0;
  }

  void take(const Items::Run& run, std::span<const uint8_t> there) {
    for (size_t i = 0; i < there.size(); ++i) {
      Chain& chain = open_[at_];
      at_ = at_ + 1 == open_.size() ? 0 : at_ + 1;
      if (!there[i]) {
        chain.items = 0;
        continue;
      }
      if (chain.items++ == 0) chain.begin = run.begins[i];
      chain.end = run.ends[i];
      if (chain.items > longest_.items) longest_ = chain;
    }
  }

  struct Chain {
    int64_t items = 0;
    size_t begin = 0;
    size_t end = 0;
  };
  const Chain& longest() const { return longest_; }

 private:
  std::vector<Chain> open_;
  Chain longest_;
  size_t at_ = 0;
};

}  // namespace

uint64_t add(Bloom& filter, const Column& docs, const ItemOptions& options, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  const size_t workers = num_workers(blocks.size(), threads);
  std::vector<Items> items(workers, Items(options));
  std::vector<PieceHashes> pieces(workers);
  std::vector<Inserter> inserters(workers, Inserter(filter));
  std::vector<uint64_t> counts(blocks.size());
  for_each_document(blocks, threads, [&](std::string_view document, size_t, size_t b, size_t w) {
    if (is_piece(options.unit)) {
      const auto hashes = pieces[w](document, options.unit);
      for (const uint64_t hash : hashes) inserters[w].add(hash);
      counts[b] += hashes.size();
      return;
    }
    size_t next = 0;  // number of the item to insert next
    items[w](document, [&](const Items::Run& run) {
      const size_t end = run.first + run.hashes.size();
      for (; next < end; next += options.stride) {
        inserters[w].add(run.hashes[next - run.first]);
        ++counts[b];
      }
    });
  });
  parallel_for(workers, threads, [&](size_t w, size_t) { inserters[w].finish(); });
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

Members contains(const Bloom& filter, const Column& docs, const ItemOptions& options, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<Look> looks(num_workers(blocks.size(), threads), Look(filter, options));
  std::vector<std::vector<uint8_t>> values(blocks.size());
  Members out{std::vector<int64_t>(docs.size() + 1), {}};
  for_each_document(blocks, threads,
                    [&](std::string_view document, size_t row, size_t b, size_t w) {
                      const size_t before = values[b].size();
                      looks[w](document, [&](const Items::Run&, auto there) {
                        values[b].insert(values[b].end(), there.begin(), there.end());
                      });
                      out.offsets[row + 1] = static_cast<int64_t>(values[b].size() - before);
                    });
  std::partial_sum(out.offsets.begin(), out.offsets.end(), out.offsets.begin());
  out.values.reserve(static_cast<size_t>(out.offsets.back()));
  for (auto& part : values) {
    out.values.insert(out.values.end(), part.begin(), part.end());
    part = {};
  }
  return out;
}

MemberCounts count_members(const Bloom& filter, const Column& docs, const ItemOptions& options,
                           int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<Look> looks(num_workers(blocks.size(), threads), Look(filter, options));
  MemberCounts out{std::vector<int64_t>(docs.size()), std::vector<int64_t>(docs.size())};
  for_each_document(blocks, threads, [&](std::string_view document, size_t row, size_t, size_t w) {
    looks[w](document, [&](const Items::Run&, auto there) {
      out.items[row] += static_cast<int64_t>(there.size());
      out.members[row] += std::accumulate(there.begin(), there.end(), int64_t{0});
    });
  });
  return out;
}

LongestSpans longest_spans(const Bloom& filter, const Column& docs, const ItemOptions& options,
                           int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  const size_t workers = num_workers(blocks.size(), threads);
  std::vector<Look> looks(workers, Look(filter, options));
  std::vector<Chains> chains(workers, Chains(options.stride));
  LongestSpans out{std::vector<int64_t>(docs.size()), std::vector<int64_t>(docs.size()),
                   std::vector<int64_t>(docs.size())};
  for_each_document(blocks, threads, [&](std::string_view document, size_t row, size_t, size_t w) {
    chains[w].start();
    looks[w](document, [&](const Items::Run& run, auto there) { chains[w].take(run, there); });
    const auto& [items, begin, end] = chains[w].longest();
    out.items[row] = items;
    out.begins[row] = static_cast<int64_t>(begin);
    out.ends[row] = static_cast<int64_t>(end);
  });
  return out;
}

}  // namespace corpusmill::ngram
