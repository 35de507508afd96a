// index_query: of the entries whose tags the look-ups found, those that have the key and match.
#include "dedup/index_query.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/parallel.hpp"
#include "dedup/bands.hpp"
#include "dedup/index_lookup.hpp"
#include "simd/loops.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t most_docs = 1 << 16;   // of a block; 200 bytes each and thread at 18 bands
constexpr size_t least_docs = 1 << 10;  // less is not worth a thread

/// One thread's scratch.
class Searcher {
 public:
  Searcher(std::span<const OpenSegment> segments, const Signatures& docs, const IndexQuery& query,
           Footprint footprint)
      : segments_(segments),
        docs_(docs),
        query_(query),
        lookups_(segments, docs, query.bands),
        footprint_(std::move(footprint)) {}

  void search(size_t begin, size_t end, IndexMatches& out) {
    const std::span<const Hit> hits = lookups_.run(begin, end, footprint_);
    for (size_t first = 0, last = 0; first < hits.size(); first = last) {
      while (last < hits.size() && hits[last].row == hits[first].row) ++last;
      gather(hits.subspan(first, last - first));
      choose(hits[first].row, out);
    }
  }

 private:
  /// The candidates of one document's hits, ascending, each once.
  void gather(std::span<const Hit> hits) {
    candidates_.clear();
    size_t taken = 0;  // of this band
    for (size_t i = 0; i < hits.size(); ++i) {
      if (i > 0 && hits[i].band != hits[i - 1].band) taken = 0;
      taken += take_members(hits[i], query_.max_comparisons - taken);
    }
    std::sort(candidates_.begin(), candidates_.end());
    candidates_.erase(std::unique(candidates_.begin(), candidates_.end()), candidates_.end());
  }

  /// Appends the first `most` entries of the hit's run that have the very key; says how many.
  size_t take_members(const Hit& hit, size_t most) {
    const OpenSegment& segment = segments_[hit.segment];
    const BandTable& table = segment.tables[hit.band];
    const uint64_t key = hit.key;
    const auto key_at = [&](uint32_t position) {
      footprint_.touch(table.entry_at(position));
      const size_t entry = checked(table.entry(position), segment);
      footprint_.touch(segment.signatures[entry]);
      return query_.bands.key(segment.signatures[entry], hit.band);
    };
    auto [begin, end] = hit.run;
    while (begin < end) {  // the first that is not below the key
      const uint32_t middle = begin + (end - begin) / 2;
      if (key_at(middle) < key) {
        begin = middle + 1;
      } else {
        end = middle;
      }
    }
    size_t taken = 0;
    for (; taken < most && begin < hit.run.end && key_at(begin) == key; ++begin, ++taken) {
      candidates_.push_back(segment.first_entry + table.entry(begin));
    }
    return taken;
  }

  static size_t checked(uint32_t entry, const OpenSegment& segment) {
    if (entry >= num_signatures(segment.signatures)) {
      throw std::invalid_argument(
          "index: a table names an entry that is not there; its file is damaged, load it with "
          "verify=True to see where, and restore it");
    }
    return entry;
  }

  void choose(size_t row, IndexMatches& out) {
    const size_t before = out.query.size();
    for (const size_t entry : candidates_) {
      const double similarity = estimate(row, entry);
      if (query_.verify && similarity < query_.threshold) continue;
      const bool replace = query_.matches == Matches::best && out.query.size() > before;
      if (replace) {
        if (similarity <= out.similarity.back()) continue;
        out.match.back() = static_cast<int64_t>(entry);
        out.similarity.back() = similarity;
        continue;
      }
      out.query.push_back(static_cast<int64_t>(row));
      out.match.push_back(static_cast<int64_t>(entry));
      out.similarity.push_back(similarity);
      if (query_.matches == Matches::first) return;
    }
  }

  double estimate(size_t row, size_t entry) {
    const auto after = std::upper_bound(
        segments_.begin(), segments_.end(), entry,
        [](size_t e, const OpenSegment& segment) { return e < segment.first_entry; });
    const OpenSegment& segment = *(after - 1);
    const uint32_t* signature = segment.signatures[entry - segment.first_entry];
    footprint_.touch(signature);
    const size_t equal = simd::loops().count_equal(docs_[row], signature, docs_.num_hashes);
    return static_cast<double>(equal) / static_cast<double>(docs_.num_hashes);
  }

  std::span<const OpenSegment> segments_;
  const Signatures& docs_;
  const IndexQuery& query_;
  IndexLookups lookups_;
  Footprint footprint_;
  std::vector<size_t> candidates_;
};

std::vector<OpenSegment> opened(std::span<const IndexSegment> segments, Bands bands) {
  std::vector<OpenSegment> out;
  size_t first_entry = 0;
  for (const IndexSegment& segment : segments) {
    const TableShape shape{num_signatures(segment.signatures)};
    OpenSegment& one = out.emplace_back(OpenSegment{segment.signatures, first_entry, {}});
    for (size_t band = 0; band < bands.bands; ++band) {
      one.tables.emplace_back(segment.tables + band * shape.bytes(), shape);
    }
    first_entry += shape.size;
  }
  return out;
}

void append(IndexMatches& all, const IndexMatches& one) {
  all.query.insert(all.query.end(), one.query.begin(), one.query.end());
  all.match.insert(all.match.end(), one.match.begin(), one.match.end());
  all.similarity.insert(all.similarity.end(), one.similarity.begin(), one.similarity.end());
}

}  // namespace

IndexMatches query_index(std::span<const IndexSegment> segments, const Signatures& docs,
                         const IndexQuery& query, int threads) {
  const std::vector<OpenSegment> opened_segments = opened(segments, query.bands);
  std::vector<std::span<const std::byte>> parts;
  for (const IndexSegment& segment : segments) {
    const TableShape shape{num_signatures(segment.signatures)};
    parts.push_back(std::as_bytes(segment.signatures.slots));
    parts.emplace_back(segment.tables, query.bands.bands * shape.bytes());
  }
  const size_t rows = num_signatures(docs);
  const size_t share = rows / static_cast<size_t>(resolve_threads(threads)) + 1;
  const size_t block_docs = std::clamp(share, least_docs, most_docs);
  const size_t blocks = (rows + block_docs - 1) / block_docs;
  std::vector<IndexMatches> found(blocks);
  const size_t workers = num_workers(blocks, threads);
  const Footprint footprint(std::move(parts), query.resident / std::max<size_t>(workers, 1));
  std::vector<Searcher> searchers(workers, Searcher(opened_segments, docs, query, footprint));
  parallel_for(blocks, threads, [&](size_t block, size_t worker) {
    searchers[worker].search(block * block_docs, std::min(rows, (block + 1) * block_docs),
                             found[block]);
  });
  IndexMatches all;
  for (const IndexMatches& one : found) append(all, one);
  return all;
}

}  // namespace corpusmill::dedup
