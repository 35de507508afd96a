// passages: walks over pieces of documents, and what their records come to.
#include "dedup/passages.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "core/columns.hpp"
#include "core/parallel.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t piece_windows = 128 << 10;  // looked at by one thread at once
constexpr size_t pieces_at_once = 4;         // for each thread
constexpr size_t parts_at_once = 16;         // they are small
constexpr size_t share_of_shared = 4;  // about one cell in so many may have its core in common
constexpr size_t share_at_once = 320;  // bytes of a column for each cell that is settled at once
constexpr size_t least_at_once = 1 << 14;
constexpr size_t share_of_windows = 64;  // bytes of text for each window that is hashed by itself

size_t expected_cells(const ngram::CellShape& shape, uint64_t bytes) {
  return bytes * 2 / shape.window + bytes / shape.span;
}

}  // namespace

/// Windows begin, ..., end - 1 of a document that lies at the position.
struct PassageFinder::Piece {
  std::string_view document;
  uint64_t position;
  size_t begin;
  size_t end;
};

/// Looks at the cells of pieces. One per thread.
class PassageFinder::Looker {
 public:
  explicit Looker(const ngram::CellShape& shape) : shape_(shape), walk_(shape), hasher_(shape) {}

  /// At all cells of a piece, for their cores.
  void all(const Piece& piece, std::vector<CoreRecord>& found) {
    walk_(piece.document, piece.begin, piece.end, [&](const ngram::Cell& cell) {
      const uint64_t hash = hasher_.core(piece.document, cell).low;
      found.push_back(CoreRecord::of(hash, CellPlace::pack(piece.position, cell)));
    });
  }

  /// At those whose places, ascending among those of other pieces, are given.
  void some(const Piece& piece, std::span<const uint64_t> places, std::vector<CellRecord>& found) {
    auto place = std::lower_bound(places.begin(), places.end(),
                                  CellPlace::least(piece.position + piece.begin));
    const uint64_t end = CellPlace::least(piece.position + piece.end);
    for (; place != places.end() && *place < end; ++place) {
      const ngram::Cell wanted = CellPlace::unpack(*place, piece.position);
      if (wanted.first + wanted.count - 1 + shape_.window > piece.document.size()) {
        throw std::invalid_argument("passages: a walk brought other documents than the first");
      }
      ngram::split(wanted, shape_.span,
                   [&](const ngram::Cell& cell) { found.push_back(record(piece, cell)); });
    }
  }

 private:
  CellRecord record(const Piece& piece, const ngram::Cell& cell) {
    const Hash128 core = hasher_.core(piece.document, cell);
    const size_t end = cell.first + cell.count - 1 + shape_.window;
    return {
        core.low, hasher_.all(piece.document, cell, core),
        TrimmedPlace::pack(CellPlace::pack(piece.position, cell), piece.document, cell.first, end)};
  }

  ngram::CellShape shape_;
  ngram::CellWalk walk_;
  ngram::CellHasher hasher_;
};

PassageFinder::PassageFinder(const PassageOptions& options, uint64_t bytes, const Room& room,
                             size_t cells_at_once)
    : options_(options),
      shape_(options.min_bytes),
      cells_at_once_(cells_at_once),
      memory_(room.memory / 4),
      scratch_(room.folder),
      cores_(std::make_unique<Partitions<CoreRecord>>(expected_cells(shape_, bytes), memory_,
                                                      scratch_,
                                                      Partitions<CoreRecord>::paged_part_bytes)) {}

void PassageFinder::add(const Column& docs, int threads) {
  const size_t most =
      piece_windows * pieces_at_once * static_cast<size_t>(resolve_threads(threads));
  std::vector<Piece> pieces;
  size_t held = 0;
  for (const auto& block : docs.blocks(docs.size() + 1)) {
    for (size_t row = block.begin; row < block.end; ++row) {
      const std::string_view document = (*block.strings)[row];
      if (document.size() >= CellPlace::most_bytes - position_) {
        throw std::length_error("passages: 2**44 bytes of text or more; take it in parts");
      }
      const size_t windows = document.size() - std::min(document.size(), shape_.window - 1);
      for (size_t begin = 0; begin < windows; begin += piece_windows) {
        pieces.push_back({document, position_, begin, std::min(begin + piece_windows, windows)});
        held += pieces.back().end - begin;
        if (held < most) continue;
        look_at(pieces, threads);
        pieces.clear();
        held = 0;
      }
      position_ += document.size();
    }
  }
  if (!pieces.empty()) look_at(pieces, threads);
}

void PassageFinder::look_at(const std::vector<Piece>& pieces, int threads) {
  std::vector<uint64_t> wanted;
  if (!first_walk_) {
    wanted_->read_below(CellPlace::least(pieces.back().position + pieces.back().end), wanted);
    if (wanted.empty()) return;
  }
  std::vector<size_t> starts{0};
  for (size_t i = 0, held = 0; i < pieces.size(); ++i) {
    held += pieces[i].end - pieces[i].begin;
    if (held < piece_windows && i + 1 < pieces.size()) continue;
    starts.push_back(i + 1);
    held = 0;
  }
  const size_t tasks = starts.size() - 1;
  std::vector<std::vector<CoreRecord>> cores(tasks);
  std::vector<std::vector<CellRecord>> cells(tasks);
  std::vector<Looker> lookers(num_workers(tasks, threads), Looker(shape_));
  parallel_for(tasks, threads, [&](size_t i, size_t worker) {
    for (size_t p = starts[i]; p < starts[i + 1]; ++p) {
      if (first_walk_) {
        lookers[worker].all(pieces[p], cores[i]);
      } else {
        lookers[worker].some(pieces[p], wanted, cells[i]);
      }
    }
  });
  for (size_t i = 0; i < tasks; ++i) {
    for (const CoreRecord& core : cores[i]) cores_->add(core.key(), core);
    for (const CellRecord& cell : cells[i]) cells_->add(cell.core, cell);
  }
}

bool PassageFinder::end_walk(int threads) {
  if (first_walk_) end_ = position_;
  if (first_walk_) repeats_ = ascending(TrimmedPlace::bits);
  first_walk_ = false;
  position_ = 0;
  wanted_ = ascending(0);
  size_t pieces = 1;  // that a wanted cell is cut into
  if (cells_) {
    find_in_parts(0, cells_->count(), threads, [&](size_t part) {
      auto found = repeated_cells(*cells_, part, options_.keep_first, shape_.window);
      cells_->drop(part);
      return found;
    });
    // Windows at once, if they are so few that it takes less than a walk, and fit.
    const size_t most = std::min<size_t>(end_ / share_of_windows, memory_ / sizeof(CellRecord));
    const bool few = wanted_->size() <= most / shape_.span;
    pieces = shape_.span / (few ? 1 : shape_.finer().span);
    shape_.span /= pieces;
  }
  if (wanted_->size() == 0) {
    pieces = 1;
    shape_ = ngram::CellShape(options_.min_bytes);
    want_shared(threads);
  }
  cells_ = std::make_unique<Partitions<CellRecord>>(wanted_->size() * pieces, memory_, scratch_,
                                                    Partitions<CellRecord>::paged_part_bytes);
  return wanted_->size() > 0;
}

std::unique_ptr<Ascending> PassageFinder::ascending(int bits) {
  const ngram::CellShape first(options_.min_bytes);
  const size_t expected = expected_cells(first, end_) / share_of_shared;
  return std::make_unique<Ascending>(CellPlace::least(end_ + 1) << bits,
                                     std::min(expected, cells_at_once_), memory_, scratch_);
}

/// The next cells that have their core in common with others.
void PassageFinder::want_shared(int threads) {
  const size_t at_once = parts_at_once * static_cast<size_t>(resolve_threads(threads));
  while (next_part_ < cores_->count() && wanted_->size() < cells_at_once_) {
    const size_t first = std::exchange(next_part_, std::min(next_part_ + at_once, cores_->count()));
    find_in_parts(first, next_part_, threads, [&](size_t part) {
      RepeatedCells found{{}, shared_cores(*cores_, part)};
      cores_->drop(part);
      return found;
    });
  }
}

/// Parts are looked at by several threads, and what they find is taken in their order.
template <class Find>
void PassageFinder::find_in_parts(size_t first, size_t end, int threads, Find&& find) {
  const size_t at_once = parts_at_once * static_cast<size_t>(resolve_threads(threads));
  for (; first < end; first += at_once) {
    std::vector<RepeatedCells> found(std::min(at_once, end - first));
    parallel_for(found.size(), threads, [&](size_t i, size_t) { found[i] = find(first + i); });
    for (RepeatedCells& of : found) {
      for (const uint64_t place : of.mixed) wanted_->add(place);
      for (const uint64_t place : of.repeats) repeats_->add(place);
      of = {};
    }
  }
}

text::Spans PassageFinder::passages(std::span<const int64_t> lengths) {
  text::Spans out{{0}, {}, {}};
  std::vector<uint64_t> repeats;
  for (const int64_t length : lengths) {
    const uint64_t document = position_;
    position_ += static_cast<uint64_t>(length);
    repeats.clear();
    repeats_->read_below(CellPlace::least(position_) << TrimmedPlace::bits, repeats);
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
  PassageFinder finder(options, size, {}, std::max<size_t>(size / share_at_once, least_at_once));
  do finder.add(docs, threads);
  while (finder.end_walk(threads));
  return finder.passages(lengths);
}

}  // namespace corpusmill::dedup
