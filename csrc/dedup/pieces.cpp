// pieces: documents are cut into tasks, which threads take in order. A task's pieces are hashed,
// and sorted into the shares of what is seen that they belong to; each share takes the hashes of
// one task after the other. So the order decides, and not the threads, and a thread waits only for
// a share that the task before its own has not done with.
#include "dedup/pieces.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "core/parallel.hpp"
#include "core/turns.hpp"
#include "dedup/segments.hpp"
#include "simd/hash.hpp"
#include "simd/loops.hpp"

namespace corpusmill::dedup {

namespace {

/// One thread's buffers, of one task after the other.
template <class Seen>
struct Task {
  using Hash = Seen::Hash;

  std::vector<Segment> segments;
  text::Contents contents;          // of its pieces
  std::vector<Hash> hashes;         // of the contents
  std::vector<Hash> sorted;         // by share
  std::vector<uint8_t> there;       // of the sorted ones
  std::vector<size_t> ends;         // by share, in sorted
  std::vector<size_t> repeated;     // pieces of a segment
  std::vector<int64_t> begin, end;  // the spans found, and room for all there may be
  size_t num_found = 0;

  void hash(const PieceOptions& options, const Seen& seen) {
    contents.clear();
    for (Segment& segment : segments) {
      segment.pieces = contents.add(segment.text, options.piece, options.min_bytes);
    }
    hashes.resize(contents.view().size());
    there.resize(hashes.size());
    Seen::hash(contents.view(), hashes.data());
    sort(seen);
  }

  /// Counting sort: the hashes of a share keep their order.
  void sort(const Seen& seen) {
    ends.assign(seen.shares, 0);
    if (seen.shares == 1) {
      sorted.swap(hashes);
      ends[0] = sorted.size();
      return;
    }
    for (const Hash& hash : hashes) ++ends[seen.share_of(hash)];
    for (size_t share = 0, sum = 0; share < ends.size(); ++share) {
      sum += std::exchange(ends[share], sum);
    }
    sorted.resize(hashes.size());
    for (const Hash& hash : hashes) sorted[ends[seen.share_of(hash)]++] = hash;
  }

  void decide(size_t share, Seen& seen) {
    const size_t first = share == 0 ? 0 : ends[share - 1];
    seen.insert(std::span(sorted).subspan(first, ends[share] - first), there.data() + first);
  }

  /// The spans of the pieces that were there, in order.
  void gather(const PieceOptions& options, const Seen& seen) {
    if (begin.size() < there.size()) begin.resize(there.size()), end.resize(there.size());
    num_found = 0;
    std::move_backward(ends.begin(), ends.end() - 1, ends.end());
    ends[0] = 0;  // where each share's next hash lies
    size_t piece = 0;
    for (Segment& segment : segments) {
      size_t count = 0;  // of repeated pieces, found without a branch that none could foretell
      repeated.resize(std::max(repeated.size(), segment.pieces));
      for (size_t last = piece + segment.pieces; piece < last; ++piece) {
        const size_t at = seen.shares == 1 ? piece : ends[seen.share_of(hashes[piece])]++;
        repeated[count] = piece;
        count += there[at];
      }
      for (size_t i = 0; i < count; ++i, ++num_found) {
        const auto [first, last] = contents.view()[repeated[i]];
        const auto from = static_cast<size_t>(first - segment.text.data());
        const auto to = static_cast<size_t>(last - segment.text.data());
        begin[num_found] =
            static_cast<int64_t>(segment.begin + text::line_begin(segment.text, from));
        end[num_found] =
            static_cast<int64_t>(segment.begin + text::span_end(segment.text, options.piece, to));
      }
      segment.repeated = count;
    }
  }
};

struct Shares {
  Shares(const Column& docs, int threads, size_t workers_a_share)
      : bytes(num_bytes(docs)),
        workers(num_workers(bytes / task_bytes + 1, threads)),
        shares(std::min(std::bit_ceil((workers + workers_a_share - 1) / workers_a_share),
                        ContentSet::most_shares)) {}
  size_t bytes;  // of the documents
  size_t workers;
  size_t shares;
  uint64_t count = 0;
};

struct SeenExactly : Shares {
  using Hash = Hash128;
  SeenExactly(ContentSet& contents, const Column& docs, int threads)
      : Shares(docs, threads, 1), set(&contents) {}
  static void hash(std::span<const simd::Stretch> contents, Hash* out) {
    for (size_t i = 0; i < contents.size(); ++i) {
      out[i] = xxh3_128({contents[i].begin, contents[i].end});
    }
  }
  size_t share_of(const Hash& hash) const { return ContentSet::share_of(hash, shares); }
  void insert(std::span<const Hash> hashes, uint8_t* there) const { set->insert(hashes, there); }
  ContentSet* set;
};

/// A tenth of the work is in the filter, so one share will do for some workers: hashes are then not
/// sorted.
struct SeenByFilter : Shares {
  using Hash = uint64_t;
  SeenByFilter(ngram::Bloom& bloom, const Column& docs, int threads)
      : Shares(docs, threads, 4),
        filter(&bloom),
        shift(static_cast<int>(std::bit_width((bloom.num_blocks() - 1) / shares))) {}
  static void hash(std::span<const simd::Stretch> contents, Hash* out) {
    simd::loops().hash_each(contents.data(), contents.size(), out);
  }
  size_t share_of(Hash hash) const { return filter->block_of(hash) >> shift; }
  void insert(std::span<const Hash> hashes, uint8_t* there) const { filter->insert(hashes, there); }
  ngram::Bloom* filter;
  int shift;
};

/// What threads share; each runs work().
template <class Seen>
class Finder {
 public:
  Finder(const Column& docs, const PieceOptions& options, Seen& seen)
      : options_(options), seen_(&seen), cutter_(docs, options.piece), turns_(seen.shares + 1) {
    found.lists.resize(docs.size() + 1);
    // Those of many documents are mapped at once, and not touched as small pages first.
    const size_t room = std::min(seen.bytes / 256, size_t{1} << 17);
    found.begin.reserve(room);
    found.end.reserve(room);
  }

  void work() {
    Task<Seen> task;
    try {
      for (size_t number = 0; cutter_.next(task.segments, number);) {
        task.hash(options_, *seen_);
        for (size_t share = 0; share < seen_->shares; ++share) {
          if (!turns_.wait(share, number)) return;
          task.decide(share, *seen_);
          turns_.pass_on(share, number);
        }
        task.gather(options_, *seen_);
        if (!turns_.wait(seen_->shares, number)) return;
        take(task);
        turns_.pass_on(seen_->shares, number);
      }
    } catch (...) {
      turns_.stop();
      throw;
    }
  }

  PieceSpans found;  // lists[row + 1]: how many row has

 private:
  void take(const Task<Seen>& task) {
    seen_->count += task.there.size();
    for (const Segment& segment : task.segments) {
      found.lists[segment.row + 1] += static_cast<int64_t>(segment.repeated);
    }
    found.begin.append(std::span(task.begin).first(task.num_found));
    found.end.append(std::span(task.end).first(task.num_found));
  }

  PieceOptions options_;
  Seen* seen_;
  Cutter cutter_;
  Turns turns_;
};

template <class Seen>
PieceSpans find(const Column& docs, const PieceOptions& options, Seen& seen, int threads) {
  Finder<Seen> finder(docs, options, seen);
  parallel_for(seen.workers, threads, [&](size_t, size_t) { finder.work(); });
  std::partial_sum(finder.found.lists.begin(), finder.found.lists.end(),
                   finder.found.lists.begin());
  return std::move(finder.found);
}

}  // namespace

PieceSpans repeated_pieces(const Column& docs, const PieceOptions& options, ContentSet& seen,
                           int threads) {
  SeenExactly exactly(seen, docs, threads);
  return find(docs, options, exactly, threads);
}

PieceSpans repeated_pieces(const Column& docs, const PieceOptions& options, ngram::Bloom& seen,
                           uint64_t& count, int threads) {
  SeenByFilter by_filter(seen, docs, threads);
  auto spans = find(docs, options, by_filter, threads);
  count += by_filter.count;
  return spans;
}

}  // namespace corpusmill::dedup
