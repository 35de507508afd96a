// term_counts: each thread counts by itself; sums do not depend on who counted what.
#include "ngram/term_counts.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "core/pages.hpp"
#include "core/parallel.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t rows_per_block = 64, terms_per_block = 1 << 16;

struct Listed {
  uint32_t what;
  int64_t row;
  friend auto operator<=>(const Listed&, const Listed&) = default;
};

struct alignas(32) TermCount {  // two to a cache line
  int64_t occurrences = 0, documents = 0, paragraphs = 0;
  uint64_t place = 0;  // of the last occurrence: in which paragraph, counted over documents
};

/// Of one term in one document, by place.
using Hits = std::span<const TermHit>;

/// Paragraphs of the rarer term in which the other occurs too.
int64_t common_paragraphs(Hits rarer, Hits other) {
  const auto before = [](const TermHit& hit, uint64_t paragraph) {
    return hit.paragraph < paragraph;
  };
  int64_t common = 0;
  uint64_t last = UINT64_MAX;
  for (const TermHit& hit : rarer) {
    if (hit.paragraph == std::exchange(last, hit.paragraph)) continue;
    const auto at = std::lower_bound(other.begin(), other.end(), hit.paragraph, before);
    common += at != other.end() && at->paragraph == hit.paragraph;
  }
  return common;
}

/// Pairs of occurrences that begin at most `window` units apart.
int64_t within(Hits rarer, Hits other, uint64_t window) {
  int64_t pairs = 0;
  for (const TermHit& hit : rarer) {
    const uint64_t least = hit.unit - std::min(hit.unit, window), most = hit.unit + window;
    const auto begin =
        std::lower_bound(other.begin(), other.end(), least,
                         [](const TermHit& one, uint64_t unit) { return one.unit < unit; });
    const auto end =
        std::upper_bound(begin, other.end(), most,
                         [](uint64_t unit, const TermHit& one) { return unit < one.unit; });
    pairs += end - begin;
  }
  return pairs;
}

RowLists lists_of(std::vector<Listed>&& listed, size_t size) {
  std::sort(listed.begin(), listed.end());
  RowLists lists;
  lists.offsets.resize(size + 1);
  for (const Listed& one : listed) {
    ++lists.offsets[one.what + 1];
    lists.rows.push_back(one.row);
  }
  std::partial_sum(lists.offsets.begin(), lists.offsets.end(), lists.offsets.begin());
  return lists;
}

}  // namespace

struct TermCounter::Worker {
  Terms::Scratch scratch;
  TableVector<TermCount> terms;
  std::vector<uint64_t> units;  // of each term's last occurrence, where terms have several forms
  std::vector<int64_t> pair_documents, pair_paragraphs;
  std::vector<std::vector<int64_t>> pair_windows;
  std::vector<Listed> rows, pair_rows;
  std::vector<TermHit> hits;   // of terms that are in pairs, in one document
  std::vector<size_t> groups;  // where in hits those of each term begin, and the end
  uint64_t place = 0;          // the last one before this document
};

TermCounter::TermCounter(const Terms& terms, TermCountOptions options, int threads)
    : terms_(&terms), options_(std::move(options)) {
  const auto& pairs = options_.pairs;
  order_.resize(pairs.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
    return std::tuple(pairs[a].left, pairs[a].right, a) <
           std::tuple(pairs[b].left, pairs[b].right, b);
  });
  firsts_.resize(terms.num_terms() + 1);
  in_a_pair_.resize(terms.num_terms());
  for (const TermPair& pair : pairs) {
    if (pair.left == pair.right || std::max(pair.left, pair.right) >= terms.num_terms()) {
      throw std::invalid_argument("pairs: expected two different terms in each");
    }
    ++firsts_[pair.left + 1];
    in_a_pair_[pair.left] = in_a_pair_[pair.right] = true;
  }
  std::partial_sum(firsts_.begin(), firsts_.end(), firsts_.begin());
  for (int i = 0; i < resolve_threads(threads); ++i) {
    auto worker = std::make_unique<Worker>();
    worker->pair_documents.resize(pairs.size());
    worker->pair_paragraphs.resize(pairs.size());
    worker->pair_windows.assign(options_.windows.size(), std::vector<int64_t>(pairs.size()));
    workers_.add(std::move(worker));
  }
}

TermCounter::~TermCounter() = default;

void TermCounter::add(const Column& docs, int64_t first_row, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  parallel_for(blocks.size(), threads, [&](size_t b, size_t) {
    workers_.borrow([&](Worker& worker) {
      worker.terms.resize(terms_->num_terms());  // by the first thread that has it
      if (terms_->several_forms()) worker.units.resize(terms_->num_terms());
      for (size_t i = blocks[b].begin; i < blocks[b].end; ++i) {
        const size_t row = blocks[b].first + i - blocks[b].begin;
        add_document((*blocks[b].strings)[i], first_row + static_cast<int64_t>(row), worker);
      }
    });
  });
}

void TermCounter::add_document(std::string_view document, int64_t row, Worker& worker) const {
  const uint64_t before = worker.place;
  uint64_t place = before;
  worker.hits.clear();
  terms_->find(document, worker.scratch, [&](std::span<const TermHit> hits) {
    for (const TermHit& hit : hits) __builtin_prefetch(&worker.terms[hit.term], 1);
    for (const TermHit& hit : hits) {
      place = std::max(place, before + 1 + hit.paragraph);
      add_hit(hit, before, row, worker);
    }
  });
  worker.place = place;
  if (!worker.hits.empty()) add_pairs(row, worker);
}

void TermCounter::add_hit(const TermHit& hit, uint64_t before, int64_t row, Worker& worker) const {
  const uint64_t place = before + 1 + hit.paragraph;
  TermCount& count = worker.terms[hit.term];
  if (terms_->several_forms()) {
    if (count.place == place && worker.units[hit.term] == hit.unit) return;  // by another form
    worker.units[hit.term] = hit.unit;
  }
  ++count.occurrences;
  count.paragraphs += count.place != place;
  if (count.place <= before) {
    ++count.documents;
    if (options_.rows) worker.rows.push_back({hit.term, row});
  }
  count.place = place;
  if (!options_.pairs.empty() && in_a_pair_[hit.term]) worker.hits.push_back(hit);
}

// For each term, its pairs are looked up among the document's terms or these among its pairs,
// whichever are fewer.
void TermCounter::add_pairs(int64_t row, Worker& worker) const {
  auto& hits = worker.hits;
  std::sort(hits.begin(), hits.end(), [](const TermHit& a, const TermHit& b) {
    return std::tuple(a.term, a.unit) < std::tuple(b.term, b.unit);
  });
  auto& groups = worker.groups;
  groups.clear();
  for (size_t i = 0; i < hits.size(); ++i) {
    if (i == 0 || hits[i].term != hits[i - 1].term) groups.push_back(i);
  }
  const size_t num_groups = groups.size();
  groups.push_back(hits.size());
  const auto group = [&](size_t g) {
    return Hits(hits).subspan(groups[g], groups[g + 1] - groups[g]);
  };
  const auto right = [&](uint32_t pair) { return options_.pairs[pair].right; };
  for (size_t g = 0; g < num_groups; ++g) {
    const uint32_t left = hits[groups[g]].term;
    const auto pairs = std::span(order_).subspan(firsts_[left], firsts_[left + 1] - firsts_[left]);
    if (pairs.size() <= num_groups) {
      for (const uint32_t pair : pairs) {
        const auto end = groups.begin() + static_cast<std::ptrdiff_t>(num_groups);
        const auto at = std::lower_bound(groups.begin(), end, right(pair),
                                         [&](size_t i, uint32_t t) { return hits[i].term < t; });
        if (at == end || hits[*at].term != right(pair)) continue;
        add_pair(pair, group(g), group(static_cast<size_t>(at - groups.begin())), row, worker);
      }
    } else {
      for (size_t h = 0; h < num_groups; ++h) {
        const uint32_t term = hits[groups[h]].term;
        auto at = std::lower_bound(pairs.begin(), pairs.end(), term,
                                   [&](uint32_t pair, uint32_t t) { return right(pair) < t; });
        for (; at != pairs.end() && right(*at) == term; ++at) {
          add_pair(*at, group(g), group(h), row, worker);
        }
      }
    }
  }
}

void TermCounter::add_pair(size_t pair, Hits left, Hits right, int64_t row, Worker& worker) const {
  if (left.size() > right.size()) std::swap(left, right);
  ++worker.pair_documents[pair];
  worker.pair_paragraphs[pair] += common_paragraphs(left, right);
  for (size_t w = 0; w < options_.windows.size(); ++w) {
    worker.pair_windows[w][pair] += within(left, right, options_.windows[w]);
  }
  if (options_.rows) worker.pair_rows.push_back({static_cast<uint32_t>(pair), row});
}

TermCounts TermCounter::counts() const {
  TermCounts all;
  const size_t num_terms = terms_->num_terms(), num_pairs = options_.pairs.size();
  for (auto* sums : {&all.occurrences, &all.documents, &all.paragraphs}) sums->resize(num_terms);
  for (auto* sums : {&all.pair_documents, &all.pair_paragraphs}) sums->resize(num_pairs);
  all.pair_windows.assign(options_.windows.size(), std::vector<int64_t>(num_pairs));
  std::vector<Listed> rows, pair_rows;
  const auto add = [](std::vector<int64_t>& sums, const std::vector<int64_t>& more) {
    std::transform(sums.begin(), sums.end(), more.begin(), sums.begin(), std::plus<>());
  };
  const auto& workers = workers_.tools();
  parallel_for(num_terms / terms_per_block + 1, static_cast<int>(workers.size()),
               [&](size_t b, size_t) {
                 const size_t begin = b * terms_per_block,
                              end = std::min(begin + terms_per_block, num_terms);
                 for (const auto& worker : workers) {
                   if (worker->terms.empty()) continue;  // no thread had it
                   for (size_t t = begin; t < end; ++t) {
                     all.occurrences[t] += worker->terms[t].occurrences;
                     all.documents[t] += worker->terms[t].documents;
                     all.paragraphs[t] += worker->terms[t].paragraphs;
                   }
                 }
               });
  for (const auto& worker : workers) {
    add(all.pair_documents, worker->pair_documents);
    add(all.pair_paragraphs, worker->pair_paragraphs);
    for (size_t w = 0; w < options_.windows.size(); ++w) {
      add(all.pair_windows[w], worker->pair_windows[w]);
    }
    rows.insert(rows.end(), worker->rows.begin(), worker->rows.end());
    pair_rows.insert(pair_rows.end(), worker->pair_rows.begin(), worker->pair_rows.end());
  }
  if (options_.rows) {
    all.rows = lists_of(std::move(rows), num_terms);
    all.pair_rows = lists_of(std::move(pair_rows), num_pairs);
  }
  return all;
}

}  // namespace corpusmill::ngram
