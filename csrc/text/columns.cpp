// columns: each block of documents fills its own part; the parts are then laid end to end.
#include "text/columns.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>

#include "core/parallel.hpp"
#include "text/scripts.hpp"
#include "text/unicode_tables.hpp"
#include "text/utf8.hpp"
#include "text/words.hpp"

namespace corpusmill::text {

namespace {

constexpr size_t rows_per_block = 64;

void append(FlatStrings& strings, std::string_view bytes) {
  strings.data.insert(strings.data.end(), bytes.begin(), bytes.end());
  strings.offsets.push_back(static_cast<int64_t>(strings.data.size()));
}

// One list of ends from those of the parts, which each count from their own zero.
template <class Part, class Ends>
std::vector<int64_t> join_offsets(const std::vector<Part>& parts, Ends&& ends_of) {
  size_t size = 1;
  for (const Part& part : parts) size += ends_of(part).size();
  std::vector<int64_t> offsets;
  offsets.reserve(size);
  offsets.push_back(0);
  for (const Part& part : parts) {
    const int64_t base = offsets.back();
    for (const int64_t end : ends_of(part)) offsets.push_back(base + end);
  }
  return offsets;
}

template <class Part, class Strings>
FlatStrings join_strings(std::vector<Part>& parts, Strings&& strings_of, int threads) {
  FlatStrings all;
  all.offsets =
      join_offsets(parts, [&](const Part& part) -> auto& { return strings_of(part).offsets; });
  std::vector<size_t> starts{0};
  for (const Part& part : parts) starts.push_back(starts.back() + strings_of(part).data.size());
  all.data.resize(starts.back());
  parallel_for(parts.size(), threads, [&](size_t i, size_t) {
    const std::vector<uint8_t> bytes = std::move(strings_of(parts[i]).data);  // freed when copied
    if (!bytes.empty()) std::memcpy(all.data.data() + starts[i], bytes.data(), bytes.size());
  });
  return all;
}

// for_each_word, but for looking at the words.
int64_t count_words(std::string_view document, WordScratch& scratch) {
  size_t count = 0;
  for (WordWalk walk(document, scratch); walk.next();) {
    if (!walk.carried().empty()) ++count;
    if (walk.last() > walk.first()) count += walk.last() - walk.first();
  }
  return static_cast<int64_t>(count);
}

}  // namespace

FlatLists words(const Column& docs, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<FlatLists> parts(blocks.size());  // of ends only: no leading zeros
  std::vector<WordScratch> scratch(num_workers(blocks.size(), threads));
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    FlatLists& part = parts[b];
    for (size_t row = blocks[b].begin; row < blocks[b].end; ++row) {
      for_each_word((*blocks[b].strings)[row], scratch[worker],
                    [&](const char* word, size_t size) { append(part.strings, {word, size}); });
      part.lists.push_back(static_cast<int64_t>(part.strings.offsets.size()));
    }
  });
  FlatLists all;
  all.lists = join_offsets(parts, [](const FlatLists& part) -> auto& { return part.lists; });
  all.strings = join_strings(parts, [](auto& part) -> auto& { return part.strings; }, threads);
  return all;
}

Spans word_spans(const Column& docs, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<Spans> parts(blocks.size());  // of ends only: no leading zeros
  std::vector<WordScratch> scratch(num_workers(blocks.size(), threads));
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    Spans& part = parts[b];
    for (size_t row = blocks[b].begin; row < blocks[b].end; ++row) {
      for_each_word_span((*blocks[b].strings)[row], scratch[worker],
                         [&](const char*, size_t, size_t begin, size_t end) {
                           part.begin.push_back(static_cast<int64_t>(begin));
                           part.end.push_back(static_cast<int64_t>(end));
                         });
      part.lists.push_back(static_cast<int64_t>(part.begin.size()));
    }
  });
  Spans all;
  all.lists = join_offsets(parts, [](const Spans& part) -> auto& { return part.lists; });
  all.begin.reserve(static_cast<size_t>(all.lists.back()));
  all.end.reserve(static_cast<size_t>(all.lists.back()));
  for (Spans& part : parts) {
    all.begin.insert(all.begin.end(), part.begin.begin(), part.begin.end());
    all.end.insert(all.end.end(), part.end.begin(), part.end.end());
    part = {};
  }
  return all;
}

std::vector<uint8_t> hold_words(const Column& docs, std::span<const int64_t> lists,
                                std::span<const int64_t> begin, std::span<const int64_t> end,
                                size_t least, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<uint8_t> found(begin.size());
  std::vector<WordScratch> scratch(num_workers(blocks.size(), threads));
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    for (size_t row = blocks[b].begin; row < blocks[b].end; ++row) {
      auto at = static_cast<size_t>(lists[row]);
      const auto last = static_cast<size_t>(lists[row + 1]);
      if (at == last) continue;
      size_t words = 0;  // in the span at hand
      for_each_word_span((*blocks[b].strings)[row], scratch[worker],
                         [&](const char*, size_t, size_t word_begin, size_t word_end) {
                           for (; at < last && std::cmp_less(end[at], word_end); ++at) {
                             words = 0;
                           }
                           if (at == last || std::cmp_less(word_begin, begin[at])) return;
                           if (++words == least) found[at] = 1;
                         });
    }
  });
  return found;
}

FlatStrings normalize(const Column& docs, const Normalization& options, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  std::vector<FlatStrings> parts(blocks.size());
  std::vector<Normalizer> normalizers(num_workers(blocks.size(), threads), Normalizer(options));
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    for (size_t row = blocks[b].begin; row < blocks[b].end; ++row) {
      append(parts[b], normalizers[worker]((*blocks[b].strings)[row]));
    }
  });
  return join_strings(parts, [](auto& part) -> auto& { return part; }, threads);
}

Counts counts(const Column& docs, int threads) {
  const auto blocks = docs.blocks(rows_per_block);
  const size_t workers = num_workers(blocks.size(), threads);
  std::vector<WordScratch> scratch(workers);
  std::vector<std::vector<int64_t>> letters(workers, std::vector<int64_t>(num_scripts));
  Counts all{std::vector<int64_t>(docs.size()), std::vector<int64_t>(docs.size()),
             std::vector<int64_t>(num_scripts)};
  parallel_for(blocks.size(), threads, [&](size_t b, size_t worker) {
    for (size_t row = blocks[b].begin; row < blocks[b].end; ++row) {
      const std::string_view document = (*blocks[b].strings)[row];
      const size_t at = blocks[b].first + row - blocks[b].begin;
      all.characters[at] = add_letters(document, letters[worker]);
      all.words[at] = count_words(document, scratch[worker]);
    }
  });
  for (const auto& part : letters) {
    std::transform(part.begin(), part.end(), all.letters.begin(), all.letters.begin(),
                   std::plus<>());
  }
  return all;
}

std::vector<uint8_t> well_formed(const Column& docs) {
  std::vector<uint8_t> good(docs.size(), 1);
  for (const auto& block : docs.blocks(rows_per_block)) {
    for (size_t i = block.begin; i < block.end; ++i) {
      good[block.first + i - block.begin] = is_well_formed((*block.strings)[i]);
    }
  }
  return good;
}

}  // namespace corpusmill::text
