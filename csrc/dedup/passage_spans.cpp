// passage_spans: repeats, in the order of their places, as spans of documents. Knows no hash.
#include <algorithm>
#include <numeric>
#include <utility>

#include "core/columns.hpp"
#include "core/parallel.hpp"
#include "dedup/passages.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t rows_at_once = 1 << 13;  // whose spans are put together by one thread
constexpr size_t share_at_once = 320;     // bytes of a column for each cell that is settled at once
constexpr size_t least_at_once = 1 << 14;

}  // namespace

text::Spans PassageFinder::passages(uint64_t position, std::span<const int64_t> lengths,
                                    int threads) const {
  std::vector<text::Spans> found(lengths.size() / rows_at_once + 1);
  std::vector<uint64_t> positions;
  for (size_t row = 0; row < lengths.size() || positions.empty(); ++row) {
    if (row % rows_at_once == 0) positions.push_back(position);
    if (row < lengths.size()) position += static_cast<uint64_t>(lengths[row]);
  }
  parallel_for(positions.size(), threads, [&](size_t i, size_t) {
    const auto rest = lengths.subspan(i * rows_at_once);
    found[i] = spans_of(positions[i], rest.first(std::min(rest.size(), rows_at_once)));
  });
  text::Spans all = std::move(found.front());
  for (size_t i = 1; i < positions.size(); ++i) {
    const auto before = static_cast<int64_t>(all.begin.size());
    for (const int64_t list : std::span(found[i].lists).subspan(1)) {
      all.lists.push_back(before + list);
    }
    all.begin.insert(all.begin.end(), found[i].begin.begin(), found[i].begin.end());
    all.end.insert(all.end.end(), found[i].end.begin(), found[i].end.end());
    found[i] = {};
  }
  return all;
}

text::Spans PassageFinder::spans_of(uint64_t position, std::span<const int64_t> lengths) const {
  text::Spans out{{0}, {}, {}};
  std::vector<uint64_t> repeats;
  for (const int64_t length : lengths) {
    const uint64_t document = std::exchange(position, position + static_cast<uint64_t>(length));
    repeats.clear();
    repeats_->read(CellPlace::least(document) << TrimmedPlace::bits,
                   CellPlace::least(position) << TrimmedPlace::bits, repeats);
    for (size_t i = 0; i < repeats.size();) {
      const auto cell_of = [&](uint64_t trimmed) {
        return CellPlace::unpack(TrimmedPlace::place(trimmed), document);
      };
      const size_t begin = cell_of(repeats[i]).first;
      out.begin.push_back(static_cast<int64_t>(begin + TrimmedPlace::at_begin(repeats[i])));
      size_t end = begin;
      size_t inside = begin;  // of it, what ends with a whole character
      for (; i < repeats.size() && cell_of(repeats[i]).first <= end; ++i) {
        const ngram::Cell cell = cell_of(repeats[i]);
        const size_t own = cell.first + cell.count - 1 + shape_.window;
        if (own <= end) continue;
        end = own;
        inside = end - TrimmedPlace::at_end(repeats[i]);
      }
      out.end.push_back(static_cast<int64_t>(inside));
    }
    out.lists.push_back(static_cast<int64_t>(out.begin.size()));
  }
  return out;
}

text::Spans passages(const Column& docs, const PassageOptions& options, int threads) {
  const std::vector<int64_t> lengths = byte_lengths(docs);
  const int64_t bytes = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
  const auto size = static_cast<uint64_t>(bytes);
  PassageFinder finder(options, size, {}, threads,
                       std::max<size_t>(size / share_at_once, least_at_once));
  do finder.add(docs, 0, threads);
  while (finder.end_walk());
  return finder.passages(0, lengths, threads);
}

}  // namespace corpusmill::dedup
