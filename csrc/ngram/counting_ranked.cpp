// counting_ranked: the most frequent n-grams, and the most telling. Reads no documents.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "core/parallel.hpp"
#include "ngram/counting.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t spare = 1024;  // of a list that is cut to its best when it has doubled

}  // namespace

Grams GramCounter::ranked(size_t order, size_t k, uint64_t min_count, const Score& score) const {
  const auto better = [](const Ranked& a, const Ranked& b) {
    return a.score != b.score ? a.score > b.score : a.text < b.text;
  };
  const auto cut = [&](std::vector<Ranked>& best) {
    if (best.size() <= k) return;
    // The last of them, which is the worst, at its place.
    std::nth_element(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(k - 1), best.end(),
                     better);
    best.resize(k);
  };
  const size_t workers = num_workers(num_parts_, threads_);
  std::vector<std::vector<Ranked>> best(workers);
  std::vector<Counting> countings(workers, Counting(options_.orders[order]));
  std::vector<double> least(workers, -std::numeric_limits<double>::infinity());
  parallel_for(num_parts_, threads_, [&](size_t p, size_t w) {
    count_part(order, p, min_count, countings[w], [&](const GramTable& table) {
      for (size_t i = 0; i < table.size(); ++i) {
        if (table.count(i) < min_count) continue;
        Ranked found{score(table.gram(i), table.count(i)), table.count(i), {}};
        if (found.score < least[w]) continue;
        append_text(table.gram(i), options_.orders[order], found.text);
        best[w].push_back(std::move(found));
        if (best[w].size() < 2 * k + spare) continue;
        cut(best[w]);
        least[w] = best[w].back().score;
      }
    });
  });
  std::vector<Ranked> all;
  for (auto& part : best) std::move(part.begin(), part.end(), std::back_inserter(all));
  cut(all);
  std::sort(all.begin(), all.end(), better);
  Grams out;
  for (const Ranked& found : all) {
    append({found.text,
            {static_cast<int64_t>(found.text.size())},
            {static_cast<int64_t>(found.count)}},
           out);
    out.scores.push_back(found.score);
  }
  return out;
}

Grams GramCounter::top(size_t order, size_t k, uint64_t min_count) const {
  return ranked(order, k, min_count,
                [](const uint32_t*, uint64_t count) { return static_cast<double>(count); });
}

Grams GramCounter::lexicon(size_t order, size_t k, uint64_t min_count) const {
  std::vector<uint64_t> units(options_.unit == Unit::word ? vocabulary_.words.size()
                                                          : text::invalid_byte(0xFF) + 1);
  Counting counting(1);
  for (size_t p = 0; p < num_parts_; ++p) {
    count_part(0, p, 1, counting, [&](const GramTable& table) {
      for (size_t i = 0; i < table.size(); ++i) units[*table.gram(i)] += table.count(i);
    });
  }
  const auto num_units = static_cast<double>(total(0)),
             num_grams = static_cast<double>(total(order));
  const size_t n = options_.orders[order];
  return ranked(order, k, min_count, [&](const uint32_t* gram, uint64_t count) {
    const double p = static_cast<double>(count) / num_grams;
    double q = 1;
    for (size_t i = 0; i < n; ++i) q *= static_cast<double>(units[gram[i]]) / num_units;
    const double deviation = std::sqrt(p * (1 - p) / num_grams);
    return deviation > 0 ? (p - q) / deviation : 0.0;
  });
}

}  // namespace corpusmill::ngram
