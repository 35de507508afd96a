// pieces: rounds of three steps. Documents are cut into tasks, whose pieces are hashed, each into
// the share of what is seen that it belongs to; each share takes its hashes in the order of the
// tasks; the pieces it knew are given out. So the order decides, and not the threads.
#include "dedup/pieces.hpp"

#include <algorithm>
#include <bit>
#include <string_view>
#include <vector>

#include "core/parallel.hpp"
#include "simd/hash.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t task_bytes = 128 << 10;
constexpr size_t round_bytes = 4 << 20;  // a worker
constexpr size_t shares_a_worker = 4;

/// Part of a document that holds its pieces whole.
struct Segment {
  std::string_view text;
  size_t row;
  size_t begin;
};

template <class Hash>
struct Task {
  struct Found {
    size_t row, begin, end;
  };
  struct Share {
    std::vector<Hash> hashes;
    std::vector<uint32_t> pieces;
    std::vector<uint8_t> there;
  };

  std::vector<Segment> segments;
  std::vector<Found> pieces;
  std::vector<uint8_t> repeated;  // by piece
  std::vector<Share> shares;

  template <class Seen>
  void hash(const PieceOptions& options, const Seen& seen) {
    pieces.clear();
    for (Share& share : shares) share.hashes.clear(), share.pieces.clear();
    for (const Segment& segment : segments) {
      text::for_each_piece(
          segment.text, options.piece, [&](std::string_view content, size_t begin, size_t end) {
            if (content.size() < options.min_bytes) return;
            const Hash of_content = Seen::hash(content);
            Share& share = shares[seen.share_of(of_content)];
            share.hashes.push_back(of_content);
            share.pieces.push_back(static_cast<uint32_t>(pieces.size()));
            pieces.push_back({segment.row, segment.begin + begin, segment.begin + end});
          });
    }
    repeated.resize(pieces.size());
  }

  template <class Seen>
  void decide(size_t which, Seen& seen) {
    Share& share = shares[which];
    share.there.resize(share.hashes.size());
    seen.insert(share.hashes, share.there.data());
    for (size_t i = 0; i < share.pieces.size(); ++i) repeated[share.pieces[i]] = share.there[i];
  }
};

/// Hands out the segments of a column, in order.
class Cutter {
 public:
  Cutter(const Column& docs, text::Piece piece) : blocks_(docs.blocks(SIZE_MAX)), piece_(piece) {}

  /// The next segments, of about so many bytes in all; false if there are none.
  bool next(size_t bytes, std::vector<Segment>& segments) {
    segments.clear();
    for (size_t taken = 0; taken < bytes && block_ < blocks_.size();) {
      const Column::Block& block = blocks_[block_];
      if (row_ == block.end - block.begin) {
        ++block_, row_ = at_ = 0;
        continue;
      }
      const std::string_view document = (*block.strings)[block.begin + row_];
      const size_t end = text::piece_border(document, piece_, at_ + (bytes - taken));
      if (end > at_) segments.push_back({document.substr(at_, end - at_), block.first + row_, at_});
      taken += end - at_;
      at_ = end;
      if (at_ == document.size()) ++row_, at_ = 0;
    }
    return !segments.empty();
  }

 private:
  std::vector<Column::Block> blocks_;
  text::Piece piece_;
  size_t block_ = 0, row_ = 0, at_ = 0;
};

template <class Seen>
text::Spans find(const Column& docs, const PieceOptions& options, Seen& seen, int threads) {
  const size_t num_tasks = seen.workers * round_bytes / task_bytes;
  std::vector<Task<typename Seen::Hash>> tasks(num_tasks);
  for (auto& task : tasks) task.shares.resize(seen.shares);
  text::Spans out{std::vector<int64_t>(docs.size() + 1), {}, {}};
  Cutter cutter(docs, options.piece);
  for (size_t count = num_tasks; count == num_tasks;) {
    count = 0;
    while (count < num_tasks && cutter.next(task_bytes, tasks[count].segments)) ++count;
    parallel_for(count, threads, [&](size_t i, size_t) { tasks[i].hash(options, seen); });
    parallel_for(seen.shares, threads, [&](size_t share, size_t) {
      for (size_t i = 0; i < count; ++i) tasks[i].decide(share, seen);
    });
    for (size_t i = 0; i < count; ++i) {
      seen.count += tasks[i].pieces.size();
      for (size_t piece = 0; piece < tasks[i].pieces.size(); ++piece) {
        if (!tasks[i].repeated[piece]) continue;
        const auto& [row, begin, end] = tasks[i].pieces[piece];
        ++out.lists[row + 1];
        out.begin.push_back(static_cast<int64_t>(begin));
        out.end.push_back(static_cast<int64_t>(end));
      }
    }
  }
  for (size_t row = 0; row < docs.size(); ++row) out.lists[row + 1] += out.lists[row];
  return out;
}

struct Shares {
  explicit Shares(int threads)
      : workers(static_cast<size_t>(resolve_threads(threads))),
        shares(workers == 1
                   ? 1
                   : std::min(std::bit_ceil(shares_a_worker * workers), ContentSet::most_shares)) {}
  size_t workers;
  size_t shares;
  uint64_t count = 0;
};

struct SeenExactly : Shares {
  using Hash = Hash128;
  SeenExactly(ContentSet& contents, int threads) : Shares(threads), set(&contents) {}
  static Hash hash(std::string_view content) { return xxh3_128(content); }
  size_t share_of(const Hash& hash) const { return ContentSet::share_of(hash, shares); }
  void insert(std::span<const Hash> hashes, uint8_t* there) const { set->insert(hashes, there); }
  ContentSet* set;
};

struct SeenByFilter : Shares {
  using Hash = uint64_t;
  SeenByFilter(ngram::Bloom& bloom, int threads)
      : Shares(threads),
        filter(&bloom),
        shift(static_cast<int>(std::bit_width((bloom.num_blocks() - 1) / shares))) {}
  static Hash hash(std::string_view content) { return xxh3_64(content); }
  size_t share_of(Hash hash) const { return filter->block_of(hash) >> shift; }
  void insert(std::span<const Hash> hashes, uint8_t* there) const { filter->insert(hashes, there); }
  ngram::Bloom* filter;
  int shift;
};

}  // namespace

text::Spans repeated_pieces(const Column& docs, const PieceOptions& options, ContentSet& seen,
                            int threads) {
  SeenExactly exactly(seen, threads);
  return find(docs, options, exactly, threads);
}

text::Spans repeated_pieces(const Column& docs, const PieceOptions& options, ngram::Bloom& seen,
                            uint64_t& count, int threads) {
  SeenByFilter by_filter(seen, threads);
  auto spans = find(docs, options, by_filter, threads);
  count += by_filter.count;
  return spans;
}

}  // namespace corpusmill::dedup
