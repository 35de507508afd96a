// index_query: a block of documents, band by band through the tables, then the few lookups that
// found their tag.
#include "dedup/index_query.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <tuple>

#include "core/parallel.hpp"
#include "dedup/bands.hpp"
#include "dedup/index_table.hpp"
#include "dedup/signature.hpp"
#include "simd/loops.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t most_docs = 1 << 16;   // of a block; 200 bytes each and thread at 18 bands
constexpr size_t least_docs = 1 << 10;  // less is not worth a thread
constexpr size_t ahead = 24;  // lookups between asking for a line of memory and reading it
constexpr int most_part_bits = 12;

size_t num_rows(const Signatures& signatures) {
  return signatures.slots.size() / signatures.num_hashes;
}

bool is_open(const uint32_t* signature, size_t num_hashes) {
  return std::all_of(signature, signature + num_hashes, [](uint32_t s) { return s == open_slot; });
}

/// A tag that was found; its run may hold other keys too.
struct Hit {
  uint32_t doc;
  uint32_t band;
  uint32_t segment;
  Run run;
};

struct Lookup {
  uint64_t key;
  uint32_t doc;
};

struct Segment {
  Signatures signatures;
  size_t first_entry;
  std::vector<BandTable> tables;
};

/// One thread's scratch.
class Searcher {
 public:
  Searcher(std::span<const Segment> segments, const Signatures& docs, const IndexQuery& query)
      : segments_(segments), docs_(docs), query_(query) {}

  void search(size_t begin, size_t end, IndexMatches& out) {
    hash(begin, end);
    hits_.clear();
    for (uint32_t band = 0; band < query_.bands.bands; ++band) look_up(band);
    std::sort(hits_.begin(), hits_.end(), [](const Hit& a, const Hit& b) {
      return std::tie(a.doc, a.band, a.segment) < std::tie(b.doc, b.band, b.segment);
    });
    for (size_t first = 0, last = 0; first < hits_.size(); first = last) {
      while (last < hits_.size() && hits_[last].doc == hits_[first].doc) ++last;
      gather(std::span(hits_).subspan(first, last - first));
      choose(rows_[hits_[first].doc], out);
    }
  }

 private:
  /// Rows that can match, and their keys, band-major.
  void hash(size_t begin, size_t end) {
    rows_.clear();
    for (size_t row = begin; row < end; ++row) {
      if (!is_open(docs_[row], docs_.num_hashes)) rows_.push_back(row);
    }
    keys_.resize(query_.bands.bands * rows_.size());
    for (size_t i = 0; i < rows_.size(); ++i) {
      for (size_t band = 0; band < query_.bands.bands; ++band) {
        keys_[band * rows_.size() + i] = query_.bands.key(docs_[rows_[i]], band);
      }
    }
  }

  /// Looks the band's keys up roughly in their order, so that lookups which follow each other fall
  /// on neighbouring pages. Each asks for its bucket's start, then for its tags, then reads them,
  /// with other lookups between: no step waits for memory.
  void look_up(uint32_t band) {
    sort_roughly(std::span(keys_.data() + band * rows_.size(), rows_.size()));
    for (uint32_t segment = 0; segment < segments_.size(); ++segment) {
      const BandTable& table = segments_[segment].tables[band];
      const auto place = [&](size_t i) { return table.place(sorted_[i].key); };
      for (size_t i = 0; i < sorted_.size() + 2 * ahead; ++i) {
        if (i < sorted_.size()) table.prefetch_start(place(i));
        if (i >= ahead && i - ahead < sorted_.size()) table.prefetch_tags(place(i - ahead));
        if (i < 2 * ahead) continue;
        const size_t at = i - 2 * ahead;
        const Run run = table.find(place(at));
        if (run.begin == run.end) continue;
        table.prefetch_entry(run.begin);
        hits_.push_back({sorted_[at].doc, band, segment, run});
      }
    }
  }

  /// keys to sorted_, by their first bits: one counting pass, one scattering pass.
  void sort_roughly(std::span<const uint64_t> keys) {
    const int bits = std::min(most_part_bits, static_cast<int>(std::bit_width(keys.size())));
    const auto part_of = [&](uint64_t key) { return key >> 1 >> (63 - bits); };
    part_starts_.assign((size_t{1} << bits) + 1, 0);
    for (const uint64_t key : keys) ++part_starts_[part_of(key) + 1];
    for (size_t i = 1; i < part_starts_.size(); ++i) part_starts_[i] += part_starts_[i - 1];
    sorted_.resize(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      sorted_[part_starts_[part_of(keys[i])]++] = {keys[i], static_cast<uint32_t>(i)};
    }
  }

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
    const Segment& segment = segments_[hit.segment];
    const BandTable& table = segment.tables[hit.band];
    const uint64_t key = keys_[hit.band * rows_.size() + hit.doc];
    const auto key_at = [&](uint32_t position) {
      const size_t entry = checked(table.entry(position), segment);
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

  static size_t checked(uint32_t entry, const Segment& segment) {
    if (entry >= num_rows(segment.signatures)) {
      throw std::invalid_argument(
          "index: a table names an entry that is not there; its file is damaged, load it with "
          "verify=True to see where, and restore it");
    }
    return entry;
  }

  void choose(size_t row, IndexMatches& out) const {
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

  double estimate(size_t row, size_t entry) const {
    const auto after =
        std::upper_bound(segments_.begin(), segments_.end(), entry,
                         [](size_t e, const Segment& segment) { return e < segment.first_entry; });
    const Segment& segment = *(after - 1);
    const size_t equal = simd::loops().count_equal(
        docs_[row], segment.signatures[entry - segment.first_entry], docs_.num_hashes);
    return static_cast<double>(equal) / static_cast<double>(docs_.num_hashes);
  }

  std::span<const Segment> segments_;
  const Signatures& docs_;
  const IndexQuery& query_;
  std::vector<size_t> rows_;
  std::vector<uint64_t> keys_;
  std::vector<Lookup> sorted_;
  std::vector<uint32_t> part_starts_;
  std::vector<Hit> hits_;
  std::vector<size_t> candidates_;
};

std::vector<Segment> opened(std::span<const IndexSegment> segments, Bands bands) {
  std::vector<Segment> out;
  size_t first_entry = 0;
  for (const IndexSegment& segment : segments) {
    const TableShape shape{num_rows(segment.signatures)};
    Segment& one = out.emplace_back(Segment{segment.signatures, first_entry, {}});
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
  const std::vector<Segment> opened_segments = opened(segments, query.bands);
  const size_t rows = num_rows(docs);
  const size_t share = rows / static_cast<size_t>(resolve_threads(threads)) + 1;
  const size_t block_docs = std::clamp(share, least_docs, most_docs);
  const size_t blocks = (rows + block_docs - 1) / block_docs;
  std::vector<IndexMatches> found(blocks);
  std::vector<Searcher> searchers(num_workers(blocks, threads),
                                  Searcher(opened_segments, docs, query));
  parallel_for(blocks, threads, [&](size_t block, size_t worker) {
    searchers[worker].search(block * block_docs, std::min(rows, (block + 1) * block_docs),
                             found[block]);
  });
  IndexMatches all;
  for (const IndexMatches& one : found) append(all, one);
  return all;
}

}  // namespace corpusmill::dedup
