// counting_results: parts counted, and their n-grams as texts in order. Reads no documents.
#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <span>
#include <utility>

#include "core/in_order.hpp"
#include "core/parallel.hpp"
#include "ngram/counting.hpp"
#include "simd/loops.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t least_share = 256 << 10;  // bytes of a table that no budget forbids
constexpr size_t ahead = 8;                // n-grams between the wish for their words and their use
constexpr int most_place_bits = 16;  // of the places that rows are spread to before they are sorted

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

// A slice is a range of keys, so that what comes slice after slice is in their order.
void GramCounter::count_part(size_t order, size_t part, uint64_t min_count, Counting& counting,
                             const Take& take) const {
  const size_t n = options_.orders[order];
  size_t size = 0;
  for (const auto& worker : workers_.tools()) size += worker->parts[order].size(part);
  // A record as it came; one in the table, doubled while it grows, and its slots.
  const size_t bytes =
      size * (gram_width(GramForm::wide, n) + 2 * gram_width(GramForm::counted, n) + 32);
  const size_t share =
      std::max<size_t>(options_.room.memory / 8 / workers_.tools().size(), least_share);
  const size_t slices = (bytes + share - 1) / share;
  for (size_t slice = 0; slice < slices; ++slice) {
    gather(order, part, slice, slices, counting);
    counting.tally.count(counting.blocks, min_count);
    take(counting.tally.table());
  }
}

// What lies in memory and is wanted whole is counted where it lies.
void GramCounter::gather(size_t order, size_t part, size_t slice, size_t slices,
                         Counting& counting) const {
  const size_t n = options_.orders[order];
  counting.blocks.clear();
  for (auto& copies : counting.copies) copies.clear();
  const auto copy = [&](const GramBlock& block) {
    std::vector<std::byte>& into = counting.copies[static_cast<size_t>(block.form)];
    if (slices == 1) {
      into.insert(into.end(), block.records.begin(), block.records.end());
      return;
    }
    const size_t width = gram_width(block.form, n);
    for (size_t at = 0; at < block.records.size(); at += width) {
      const std::span record = block.records.subspan(at, width);
      const uint64_t middle = GramBlock::middle(record.data());
      if (middle * slices >> 32 == slice) into.insert(into.end(), record.begin(), record.end());
    }
  };
  for (const auto& worker : workers_.tools()) {
    worker->parts[order].for_each_written(part, copy);
    worker->parts[order].for_each_held(part, [&](const GramBlock& block) {
      if (slices == 1) {
        counting.blocks.push_back(block);
      } else {
        copy(block);
      }
    });
  }
  for (const GramForm form : {GramForm::narrow, GramForm::wide, GramForm::counted}) {
    counting.blocks.push_back({counting.copies[static_cast<size_t>(form)], form});
  }
}

void GramCounter::append_text(const uint32_t* gram, size_t n, std::string& out) const {
  if (options_.unit == Unit::word) {
    append_words(gram, n, out);
    return;
  }
  for (size_t i = 0; i < n; ++i) {
    char bytes[4];
    if (options_.unit == Unit::character) {
      out.append(bytes, text::encode(gram[i], bytes));
    } else if (options_.unit == Unit::byte) {
      out += static_cast<char>(gram[i]);
    } else {
      for (int at = 0; at < 4; ++at) out += static_cast<char>(gram[i] >> (24 - 8 * at));
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

// In the order of their keys, of which records hold the middle: rows are spread by that into about
// as many places, and the few of one place are compared.
std::vector<uint32_t> GramCounter::in_order(const GramTable& table, size_t order,
                                            uint64_t min_count) const {
  std::vector<uint32_t> found;
  for (uint32_t i = 0; i < table.size(); ++i) {
    if (table.count(i) >= min_count) found.push_back(i);
  }
  const int shift = 32 - std::min(static_cast<int>(std::bit_width(found.size())), most_place_bits);
  const auto place = [&](uint32_t i) { return table.middle(i) >> shift; };
  std::vector<uint32_t> ends((size_t{1} << (32 - shift)) + 1);
  for (const uint32_t i : found) ++ends[place(i) + 1];
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<uint32_t> rows(found.size());
  for (const uint32_t i : found) rows[ends[place(i)]++] = i;
  size_t begin = 0;
  for (const uint32_t end : std::span(ends).first(ends.size() - 1)) {
    if (end - begin > 1) sort_rows(table, order, std::span(rows).subspan(begin, end - begin));
    begin = end;
  }
  return rows;
}

void GramCounter::sort_rows(const GramTable& table, size_t order, std::span<uint32_t> rows) const {
  const size_t n = options_.orders[order];
  std::sort(rows.begin(), rows.end(), [&](uint32_t a, uint32_t b) {
    if (table.middle(a) != table.middle(b)) return table.middle(a) < table.middle(b);
    const uint64_t left = key(table.gram(a), n), right = key(table.gram(b), n);
    if (left != right) return left < right;
    std::string texts[2];
    append_text(table.gram(a), n, texts[0]);
    append_text(table.gram(b), n, texts[1]);
    return texts[0] < texts[1];
  });
}

void GramCounter::append_sorted(const GramTable& table, size_t order, uint64_t min_count,
                                Rows& out) const {
  const size_t n = options_.orders[order];
  const std::vector<uint32_t> rows = in_order(table, order, min_count);
  for (size_t row = 0; row < rows.size(); ++row) {
    if (options_.unit == Unit::word && row + ahead < rows.size()) {
      const uint32_t* const soon = table.gram(rows[row + ahead]);
      for (size_t i = 0; i < n; ++i) vocabulary_.words.prefetch_number(soon[i]);
    }
    append_text(table.gram(rows[row]), n, out.texts);
    out.ends.push_back(static_cast<int64_t>(out.texts.size()));
    out.counts.push_back(static_cast<int64_t>(table.count(rows[row])));
  }
}

void GramCounter::append(const Rows& rows, Grams& out) {
  const auto base = static_cast<int64_t>(out.texts.size());
  std::vector<int64_t> ends(rows.ends);
  for (int64_t& end : ends) end += base;
  out.offsets.append(ends);
  out.texts.append({reinterpret_cast<const uint8_t*>(rows.texts.data()), rows.texts.size()});
  out.counts.append(rows.counts);
}

void GramCounter::part_in(Counting& counting, size_t order, size_t part, uint64_t min_count,
                          Rows& rows) const {
  rows.texts.clear();
  rows.ends.clear();
  rows.counts.clear();
  count_part(order, part, min_count, counting,
             [&](const GramTable& table) { append_sorted(table, order, min_count, rows); });
}

Grams GramCounter::part(size_t order, size_t part, uint64_t min_count) const {
  Counting counting(options_.orders[order]);
  Rows rows;
  part_in(counting, order, part, min_count, rows);
  Grams out;
  append(rows, out);
  return out;
}

Grams GramCounter::all(size_t order, uint64_t min_count) const {
  const size_t workers = num_workers(num_parts_, threads_);
  std::vector<Counting> countings(workers, Counting(options_.orders[order]));
  std::vector<Rows> rows(workers);
  InOrder<Rows> parts(num_parts_);
  Grams out;
  parallel_for(num_parts_, threads_, [&](size_t i, size_t w) {
    part_in(countings[w], order, i, min_count, rows[w]);
    parts.put(i, rows[w], [&](const Rows& part) { append(part, out); });
  });
  return out;
}

}  // namespace corpusmill::ngram
