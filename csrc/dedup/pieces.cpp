// pieces: documents are cut into tasks, which threads take in order. A task's pieces are hashed,
// and sorted into the shares of what is seen that they belong to; each share takes the hashes of
// one task after the other. So the order decides, and not the threads, and a thread waits only for
// a share that the task before its own has not done with. Where no copy stays, what came again is
// looked up in a second walk, which needs no order.
#include "dedup/pieces.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "core/parallel.hpp"
#include "core/turns.hpp"
#include "dedup/seen_pieces.hpp"
#include "dedup/segments.hpp"

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

  void decide(size_t share, const Seen& seen) {
    const size_t first = share == 0 ? 0 : ends[share - 1];
    seen.look_up(std::span(sorted).subspan(first, ends[share] - first), there.data() + first);
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
          if (Seen::in_order && !turns_.wait(share, number)) return;
          task.decide(share, *seen_);
          if (Seen::in_order) turns_.pass_on(share, number);
        }
        if (!Seen::finds) continue;
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

/// One walk that learns what comes again, and one that finds where it stands.
template <class Seen>
PieceSpans find_all(const Column& docs, const PieceOptions& options, Seen& seen,
                    typename Seen::Set& again, int threads) {
  ComingAgain<Seen> coming(seen, again);
  find(docs, options, coming, threads);
  Among<Seen> among(seen, again);
  auto spans = find(docs, options, among, threads);
  seen.count = among.count;
  return spans;
}

}  // namespace

PieceSpans repeated_pieces(const Column& docs, const PieceOptions& options, ContentSet& seen,
                           int threads) {
  SeenExactly exactly(seen, docs, threads);
  if (options.keep_first) return find(docs, options, exactly, threads);
  ContentSet again;
  return find_all(docs, options, exactly, again, threads);
}

PieceSpans repeated_pieces(const Column& docs, const PieceOptions& options, ngram::Bloom& seen,
                           uint64_t& count, int threads) {
  SeenByFilter by_filter(seen, docs, threads);
  PieceSpans spans;
  if (options.keep_first) {
    spans = find(docs, options, by_filter, threads);
  } else {
    ngram::Bloom again(seen.num_blocks());
    spans = find_all(docs, options, by_filter, again, threads);
  }
  count += by_filter.count;
  return spans;
}

}  // namespace corpusmill::dedup
