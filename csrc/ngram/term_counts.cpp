// term_counts: each thread counts by itself; sums do not depend on who counted what.
#include "ngram/term_counts.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "core/in_order.hpp"
#include "core/pages.hpp"
#include "core/parallel.hpp"
#include "ngram/term_pairs.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t rows_per_block = 64, terms_per_block = 1 << 16;

struct alignas(32) TermCount {  // two to a cache line
  int64_t occurrences = 0, documents = 0, paragraphs = 0;
  uint64_t place = 0;  // of the last occurrence: in which paragraph, counted over documents
};

}  // namespace

struct TermCounter::Worker {
  struct Met {  // a term of the document at hand, and its counts before
    uint32_t term;
    int64_t occurrences, paragraphs;
  };
  struct Match {  // a pair of the document at hand, and the groups of its terms
    uint32_t pair;
    size_t left, right;
  };

  Hits group(size_t g) const { return Hits(hits).subspan(groups[g], groups[g + 1] - groups[g]); }

  Terms::Scratch scratch;
  TableVector<TermCount> terms;
  std::vector<uint64_t> units;  // of each term's last occurrence, where terms have several forms
  std::vector<int64_t> pair_documents, pair_paragraphs;
  std::vector<std::vector<int64_t>> pair_windows;
  std::vector<TermHit> hits;   // of terms that are in pairs, in one document
  std::vector<size_t> groups;  // where in hits those of each term begin, and the end
  std::vector<Match> matches;
  uint64_t place = 0;  // the last one before this document
  std::vector<Met> met;
  ListedTerms listed;              // of the block at hand
  std::vector<int64_t> of_a_pair;  // as they are listed
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
    worker->listed = none_listed();
    worker->of_a_pair.resize(1 + options_.windows.size());
    workers_.add(std::move(worker));
  }
}

TermCounter::~TermCounter() = default;

ListedTerms TermCounter::none_listed() const {
  return {TermRows(2), TermRows(1 + options_.windows.size())};
}

ListedTerms TermCounter::add(const Column& docs, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  InOrder<ListedTerms> parts(blocks.size());
  ListedTerms all = none_listed();
  parallel_for(blocks.size(), threads, [&](size_t b, size_t) {
    workers_.borrow([&](Worker& worker) {
      worker.terms.resize(terms_->num_terms());  // by the first thread that has it
      if (terms_->several_forms()) worker.units.resize(terms_->num_terms());
      worker.listed.terms.clear();
      worker.listed.pairs.clear();
      for (size_t i = blocks[b].begin; i < blocks[b].end; ++i) {
        const size_t row = blocks[b].first + i - blocks[b].begin;
        add_document((*blocks[b].strings)[i], static_cast<int64_t>(row), worker);
      }
      if (!options_.rows) return;
      parts.put(b, worker.listed, [&](const ListedTerms& next) {
        all.terms.append(next.terms);
        all.pairs.append(next.pairs);
      });
    });
  });
  return all;
}

void TermCounter::add_document(std::string_view document, int64_t row, Worker& worker) const {
  const uint64_t before = worker.place;
  uint64_t place = before;
  worker.hits.clear();
  worker.met.clear();
  terms_->find(document, worker.scratch, [&](std::span<const TermHit> hits) {
    for (const TermHit& hit : hits) __builtin_prefetch(&worker.terms[hit.term], 1);
    for (const TermHit& hit : hits) {
      place = std::max(place, before + 1 + hit.paragraph);
      add_hit(hit, before, worker);
    }
  });
  worker.place = place;
  std::ranges::sort(worker.met, {}, &Worker::Met::term);
  for (const auto& [term, occurrences, paragraphs] : worker.met) {
    const TermCount& now = worker.terms[term];
    const int64_t counts[] = {now.occurrences - occurrences, now.paragraphs - paragraphs};
    worker.listed.terms.add(row, term, counts);
  }
  if (worker.hits.empty()) return;
  group_hits(worker);
  find_pairs(worker);
  if (options_.rows) std::ranges::sort(worker.matches, {}, &Worker::Match::pair);
  for (const auto& [pair, left, right] : worker.matches) {
    add_pair(pair, worker.group(left), worker.group(right), row, worker);
  }
}

void TermCounter::add_hit(const TermHit& hit, uint64_t before, Worker& worker) const {
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
    if (options_.rows)
      worker.met.push_back({hit.term, count.occurrences - 1, count.paragraphs - 1});
  }
  count.place = place;
  if (!options_.pairs.empty() && in_a_pair_[hit.term]) worker.hits.push_back(hit);
}

void TermCounter::group_hits(Worker& worker) {
  auto& hits = worker.hits;
  std::sort(hits.begin(), hits.end(), [](const TermHit& a, const TermHit& b) {
    return std::tuple(a.term, a.unit) < std::tuple(b.term, b.unit);
  });
  worker.groups.clear();
  for (size_t i = 0; i < hits.size(); ++i) {
    if (i == 0 || hits[i].term != hits[i - 1].term) worker.groups.push_back(i);
  }
  worker.groups.push_back(hits.size());
}

// For each term, its pairs are looked up among the document's terms or these among its pairs,
// whichever are fewer.
void TermCounter::find_pairs(Worker& worker) const {
  const auto groups = std::span(worker.groups).first(worker.groups.size() - 1);
  const auto term_of = [&](size_t first) { return worker.hits[first].term; };
  const auto right = [&](uint32_t pair) { return options_.pairs[pair].right; };
  worker.matches.clear();
  for (size_t g = 0; g < groups.size(); ++g) {
    const uint32_t left = term_of(groups[g]);
    const auto pairs = std::span(order_).subspan(firsts_[left], firsts_[left + 1] - firsts_[left]);
    if (pairs.size() <= groups.size()) {
      for (const uint32_t pair : pairs) {
        const auto at = std::ranges::lower_bound(groups, right(pair), {}, term_of);
        if (at == groups.end() || term_of(*at) != right(pair)) continue;
        worker.matches.push_back({pair, g, static_cast<size_t>(at - groups.begin())});
      }
    } else {
      for (size_t h = 0; h < groups.size(); ++h) {
        const uint32_t term = term_of(groups[h]);
        auto at = std::ranges::lower_bound(pairs, term, {}, right);
        for (; at != pairs.end() && right(*at) == term; ++at) {
          worker.matches.push_back({*at, g, h});
        }
      }
    }
  }
}

void TermCounter::add_pair(uint32_t pair, Hits left, Hits right, int64_t row,
                           Worker& worker) const {
  if (left.size() > right.size()) std::swap(left, right);
  auto& counts = worker.of_a_pair;
  counts[0] = common_paragraphs(left, right);
  ++worker.pair_documents[pair];
  worker.pair_paragraphs[pair] += counts[0];
  for (size_t w = 0; w < options_.windows.size(); ++w) {
    counts[1 + w] = within(left, right, options_.windows[w]);
    worker.pair_windows[w][pair] += counts[1 + w];
  }
  if (options_.rows) worker.listed.pairs.add(row, pair, counts);
}

TermCounts TermCounter::counts() const {
  TermCounts all;
  const size_t num_terms = terms_->num_terms(), num_pairs = options_.pairs.size();
  for (auto* sums : {&all.occurrences, &all.documents, &all.paragraphs}) sums->resize(num_terms);
  for (auto* sums : {&all.pair_documents, &all.pair_paragraphs}) sums->resize(num_pairs);
  all.pair_windows.assign(options_.windows.size(), std::vector<int64_t>(num_pairs));
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
  }
  return all;
}

}  // namespace corpusmill::ngram
