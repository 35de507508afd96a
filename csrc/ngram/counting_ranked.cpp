// counting_ranked: the most frequent n-grams, and the most telling. Reads no documents.
#include <cmath>
#include <utility>

#include "core/parallel.hpp"
#include "ngram/counting.hpp"

namespace corpusmill::ngram {

Grams GramCounter::ranked(size_t order, const Wanted& wanted, const Score& score) const {
  const size_t num_parts = wanted.end_part - wanted.first_part;
  const size_t workers = num_workers(num_parts, threads_);
  std::vector<BestGrams> best(workers, BestGrams(wanted.k, wanted.least));
  std::vector<Counting> countings(workers, Counting(options_.orders[order]));
  parallel_for(num_parts, threads_, [&](size_t p, size_t w) {
    const size_t part = wanted.first_part + p;
    count_part(order, part, wanted.min_count, countings[w], [&](const GramTable& table) {
      for (size_t i = 0; i < table.size(); ++i) {
        const uint64_t count = table.count(i);
        if (count < wanted.min_count) continue;
        const double of_gram = score(table.gram(i), count);
        if (of_gram < best[w].least()) continue;
        std::string text;
        append_text(table.gram(i), options_.orders[order], text);
        best[w].add(of_gram, count, std::move(text));
      }
    });
  });
  for (size_t w = 1; w < workers; ++w) best[0].add(std::move(best[w]));
  return workers == 0 ? Grams() : best[0].grams();
}

Grams GramCounter::top(size_t order, const Wanted& wanted) const {
  return ranked(order, wanted,
                [](const uint32_t*, uint64_t count) { return static_cast<double>(count); });
}

std::vector<uint64_t> GramCounter::unit_counts() const {
  std::vector<uint64_t> units(options_.unit == Unit::word ? vocabulary_.words.size()
                                                          : text::invalid_byte(0xFF) + 1);
  Counting counting(1);
  for (size_t p = 0; p < num_parts_; ++p) {
    count_part(0, p, 1, counting, [&](const GramTable& table) {
      for (size_t i = 0; i < table.size(); ++i) units[*table.gram(i)] += table.count(i);
    });
  }
  return units;
}

Grams GramCounter::lexicon(size_t order, const Wanted& wanted,
                           std::span<const uint64_t> units) const {
  const auto num_units = static_cast<double>(total(0)),
             num_grams = static_cast<double>(total(order));
  const size_t n = options_.orders[order];
  return ranked(order, wanted, [&](const uint32_t* gram, uint64_t count) {
    const double p = static_cast<double>(count) / num_grams;
    double q = 1;
    for (size_t i = 0; i < n; ++i) q *= static_cast<double>(units[gram[i]]) / num_units;
    const double deviation = std::sqrt(p * (1 - p) / num_grams);
    return deviation > 0 ? (p - q) / deviation : 0.0;
  });
}

}  // namespace corpusmill::ngram
