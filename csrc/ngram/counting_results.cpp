// counting_results: what was counted, part by part: tables of n-grams, the most frequent, the most
// telling. Reads no documents.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include "core/parallel.hpp"
#include "ngram/counting.hpp"
#include "simd/loops.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t least_share = 256 << 10;  // bytes of a table that no budget forbids
constexpr size_t ahead = 8;                // n-grams between the wish for their words and their use
constexpr size_t spare = 1024;             // of a list that is cut to its best when it has doubled

void append(std::string_view text, uint64_t count, Grams& out) {
  out.texts.data.insert(out.texts.data.end(), text.begin(), text.end());
  out.texts.offsets.push_back(static_cast<int64_t>(out.texts.data.size()));
  out.counts.push_back(static_cast<int64_t>(count));
}

}  // namespace

uint64_t GramCounter::key(const uint32_t* gram, size_t n) const {
  uint64_t units[GramParts::longest];
  for (size_t i = 0; i < n; ++i) {
    units[i] = options_.unit == Unit::word ? vocabulary_.words.hash(gram[i]) : gram[i];
  }
  uint64_t keys[GramParts::longest];  // of which the loop uses as many as there are units
  simd::loops().windows(units, n, n, keys);
  return keys[0];
}

// A slice is a range of keys, so that what comes slice after slice is in their order. Where one
// occurrence is not enough, what came once is for the most part kept out of the table.
template <class Take>
void GramCounter::count_part(size_t order, size_t part, uint64_t min_count, Tally& tally,
                             Take&& take) const {
  const size_t n = options_.orders[order];
  size_t size = 0;
  for (const auto& worker : workers_.tools()) size += worker->parts[order].size(part);
  // A record doubled while it grows, and its slots.
  const size_t bytes = size * (2 * GramTable::width(n) * sizeof(uint32_t) + 32);
  const size_t share =
      std::max<size_t>(options_.room.memory / 4 / workers_.tools().size(), least_share);
  const size_t slices = (bytes + share - 1) / share;
  const int part_bits = std::countr_zero(num_parts_);
  for (size_t slice = 0; slice < slices; ++slice) {
    const auto for_each = [&](auto&& body) {
      for (const auto& worker : workers_.tools()) {
        worker->parts[order].for_each(part, [&](const uint32_t* gram, uint64_t count) {
          if (slices > 1) {
            const uint64_t within = key(gram, n) << part_bits >> 32;
            if (within * slices >> 32 != slice) return;
          }
          body(gram, count, tally.table.hash(gram));
        });
      }
    };
    if (min_count > 1) {
      tally.sketch.reset(size / slices);
      for_each([&](const uint32_t*, uint64_t count, uint64_t hash) {
        tally.sketch.add(hash, count > 1);
      });
    }
    tally.table.reset(min_count > 1 ? tally.sketch.repeated() : size / slices);
    for_each([&](const uint32_t* gram, uint64_t count, uint64_t hash) {
      if (min_count > 1 && !tally.sketch.may_repeat(hash)) return;
      tally.table.add(gram, count, hash);
    });
    take();
  }
}

void GramCounter::append_text(const uint32_t* gram, size_t n, std::string& out) const {
  if (options_.unit == Unit::word) {
    append_words(gram, n, out);
    return;
  }
  for (size_t i = 0; i < n; ++i) {
    if (options_.unit == Unit::byte) {
      out += static_cast<char>(gram[i]);
    } else {
      char bytes[4];
      out.append(bytes, text::encode(gram[i], bytes));
    }
  }
}

// Short words are written by 16 bytes, over which the next one is written.
void GramCounter::append_words(const uint32_t* gram, size_t n, std::string& out) const {
  constexpr size_t at_once = 16;
  size_t end = out.size();
  for (size_t i = 0; i < n; ++i) {
    const std::string_view word = vocabulary_.words[gram[i]];
    const size_t room = end + std::max(word.size(), at_once) + 1;
    if (out.size() < room) out.resize(room + (n - i - 1) * (at_once + 1));
    std::memcpy(&out[end], word.data(), at_once);
    if (word.size() > at_once) std::memcpy(&out[end], word.data(), word.size());
    end += word.size();
    out[end++] = ' ';
  }
  out.resize(end - 1);
}

void GramCounter::append_sorted(const GramTable& table, size_t order, uint64_t min_count,
                                Grams& out) const {
  struct Found {
    uint64_t key;
    uint64_t count;
    size_t begin;  // of its text
    size_t size;
  };
  const size_t n = options_.orders[order];
  std::vector<size_t> often;
  for (size_t i = 0; i < table.size(); ++i) {
    if (table.count(i) >= min_count) often.push_back(i);
  }
  std::vector<Found> found;
  found.reserve(often.size());
  std::string texts;
  for (size_t row = 0; row < often.size(); ++row) {
    if (options_.unit == Unit::word && row + ahead < often.size()) {
      const uint32_t* const soon = table.gram(often[row + ahead]);
      for (size_t i = 0; i < n; ++i) vocabulary_.words.prefetch_number(soon[i]);
    }
    const size_t i = often[row], begin = texts.size();
    append_text(table.gram(i), n, texts);
    found.push_back({key(table.gram(i), n), table.count(i), begin, texts.size() - begin});
  }
  const auto text = [&](const Found& gram) {
    return std::string_view(texts).substr(gram.begin, gram.size);
  };
  std::sort(found.begin(), found.end(), [&](const Found& a, const Found& b) {
    return a.key != b.key ? a.key < b.key : text(a) < text(b);
  });
  out.texts.data.reserve(out.texts.data.size() + texts.size());
  out.texts.offsets.reserve(out.texts.offsets.size() + found.size());
  out.counts.reserve(out.counts.size() + found.size());
  for (const Found& gram : found) append(text(gram), gram.count, out);
}

Grams GramCounter::part(size_t order, size_t part, uint64_t min_count) const {
  Tally tally(options_.orders[order]);
  return part_in(tally, order, part, min_count);
}

Grams GramCounter::part_in(Tally& tally, size_t order, size_t part, uint64_t min_count) const {
  Grams out;
  count_part(order, part, min_count, tally,
             [&] { append_sorted(tally.table, order, min_count, out); });
  return out;
}

Grams GramCounter::all(size_t order, uint64_t min_count) const {
  std::vector<Grams> parts(num_parts_);
  std::vector<Tally> tallies(num_workers(num_parts_, threads_), Tally(options_.orders[order]));
  parallel_for(num_parts_, threads_,
               [&](size_t i, size_t w) { parts[i] = part_in(tallies[w], order, i, min_count); });
  size_t num_bytes = 0, num_grams = 0;
  for (const Grams& part : parts) {
    num_bytes += part.texts.data.size();
    num_grams += part.counts.size();
  }
  Grams out;
  out.texts.data.reserve(num_bytes);
  out.texts.offsets.reserve(num_grams + 1);
  out.counts.reserve(num_grams);
  for (Grams& part : parts) {
    const auto base = static_cast<int64_t>(out.texts.data.size());
    for (const int64_t end : std::span(part.texts.offsets).subspan(1)) {
      out.texts.offsets.push_back(base + end);
    }
    out.texts.data.insert(out.texts.data.end(), part.texts.data.begin(), part.texts.data.end());
    out.counts.insert(out.counts.end(), part.counts.begin(), part.counts.end());
    part = {};
  }
  return out;
}

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
  std::vector<Tally> tallies(workers, Tally(options_.orders[order]));
  std::vector<double> least(workers, -std::numeric_limits<double>::infinity());
  parallel_for(num_parts_, threads_, [&](size_t p, size_t w) {
    const GramTable& table = tallies[w].table;
    count_part(order, p, min_count, tallies[w], [&] {
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
    append(found.text, found.count, out);
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
  Tally tally(1);
  const GramTable& table = tally.table;
  for (size_t p = 0; p < num_parts_; ++p) {
    count_part(0, p, 1, tally, [&] {
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
