// pieces: documents are cut into tasks, which threads take in order. A task's pieces are hashed,
// and sorted into the shares of what is seen that they belong to; each share takes the hashes of
// one task after the other. So the order decides, and not the threads, and a thread waits only for
// a share that the task before its own has not done with.
#include "dedup/pieces.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "core/parallel.hpp"
#include "simd/hash.hpp"
#include "simd/loops.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t task_bytes = 128 << 10;
constexpr size_t shares_a_worker = 4;

/// Part of a document that holds its pieces whole.
struct Segment {
  std::string_view text;
  size_t row;
  size_t begin;
  size_t pieces = 0;    // that take part
  size_t repeated = 0;  // of them
};

/// Task t may have a share when the tasks before it are done with that.
class Turns {
 public:
  explicit Turns(size_t shares) : next_(shares) {}

  /// False if all were stopped.
  bool wait(size_t share, size_t task) {
    for (;;) {
      const size_t next = next_[share].load();
      if (stopped_ || next == task) return !stopped_;
      next_[share].wait(next);
    }
  }
  void pass_on(size_t share, size_t task) { set(share, task + 1); }
  void stop() {
    stopped_ = true;
    for (size_t share = 0; share < next_.size(); ++share) set(share, ~size_t{0});
  }

 private:
  void set(size_t share, size_t next) {
    next_[share].store(next);
    next_[share].notify_all();
  }

  std::vector<std::atomic<size_t>> next_;
  std::atomic<bool> stopped_ = false;
};

/// One thread's buffers, of one task after the other.
template <class Seen>
struct Task {
  using Hash = typename Seen::Hash;

  std::vector<Segment> segments;
  std::vector<simd::Stretch> contents;  // of its pieces
  std::vector<Hash> hashes;             // of the contents
  std::vector<Hash> sorted;             // by share
  std::vector<uint8_t> there;           // of the sorted ones
  std::vector<size_t> ends;             // by share, in sorted
  std::vector<int64_t> begin, end;      // the spans found

  void hash(const PieceOptions& options, const Seen& seen) {
    contents.clear();
    for (Segment& segment : segments) {
      const size_t before = contents.size();
      text::for_each_content(segment.text, options.piece, [&](size_t from, size_t to) {
        if (to - from >= options.min_bytes) contents.push_back({&segment.text[from], to - from});
      });
      segment.pieces = contents.size() - before;
    }
    hashes.resize(contents.size());
    there.resize(contents.size());
    Seen::hash(contents, hashes.data());
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
    begin.clear(), end.clear();
    std::move_backward(ends.begin(), ends.end() - 1, ends.end());
    ends[0] = 0;  // where each share's next hash lies
    size_t piece = 0;
    for (Segment& segment : segments) {
      const size_t before = begin.size();
      for (size_t last = piece + segment.pieces; piece < last; ++piece) {
        const size_t at = seen.shares == 1 ? piece : ends[seen.share_of(hashes[piece])]++;
        if (there[at] == 0) continue;
        const auto from = static_cast<size_t>(contents[piece].data - segment.text.data());
        const size_t to = from + contents[piece].size;
        begin.push_back(static_cast<int64_t>(segment.begin + text::line_begin(segment.text, from)));
        end.push_back(
            static_cast<int64_t>(segment.begin + text::span_end(segment.text, options.piece, to)));
      }
      segment.repeated = begin.size() - before;
    }
  }
};

/// Hands out the segments of a column, in order.
class Cutter {
 public:
  Cutter(const Column& docs, text::Piece piece) : blocks_(docs.blocks(SIZE_MAX)), piece_(piece) {}

  /// The segments of the next task, about task_bytes in all, and its number; false if there is
  /// none.
  bool next(std::vector<Segment>& segments, size_t& number) {
    const std::scoped_lock lock(mutex_);
    segments.clear();
    number = tasks_++;
    for (size_t taken = 0; taken < task_bytes && block_ < blocks_.size();) {
      const Column::Block& block = blocks_[block_];
      if (row_ == block.end - block.begin) {
        ++block_, row_ = at_ = 0;
        continue;
      }
      const std::string_view document = (*block.strings)[block.begin + row_];
      const size_t end = text::piece_border(document, piece_, at_ + (task_bytes - taken));
      if (end > at_) segments.push_back({document.substr(at_, end - at_), block.first + row_, at_});
      taken += end - at_;
      at_ = end;
      if (at_ == document.size()) ++row_, at_ = 0;
    }
    return !segments.empty();
  }

 private:
  std::mutex mutex_;
  std::vector<Column::Block> blocks_;
  text::Piece piece_;
  size_t tasks_ = 0;
  size_t block_ = 0, row_ = 0, at_ = 0;
};

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
  static void hash(std::span<const simd::Stretch> contents, Hash* out) {
    for (size_t i = 0; i < contents.size(); ++i) {
      out[i] = xxh3_128({contents[i].data, contents[i].size});
    }
  }
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

  text::Spans found;  // lists[row + 1]: how many row has

 private:
  void take(const Task<Seen>& task) {
    seen_->count += task.contents.size();
    for (const Segment& segment : task.segments) {
      found.lists[segment.row + 1] += static_cast<int64_t>(segment.repeated);
    }
    found.begin.insert(found.begin.end(), task.begin.begin(), task.begin.end());
    found.end.insert(found.end.end(), task.end.begin(), task.end.end());
  }

  PieceOptions options_;
  Seen* seen_;
  Cutter cutter_;
  Turns turns_;
};

template <class Seen>
text::Spans find(const Column& docs, const PieceOptions& options, Seen& seen, int threads) {
  Finder<Seen> finder(docs, options, seen);
  parallel_for(seen.workers, threads, [&](size_t, size_t) { finder.work(); });
  std::partial_sum(finder.found.lists.begin(), finder.found.lists.end(),
                   finder.found.lists.begin());
  return std::move(finder.found);
}

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
