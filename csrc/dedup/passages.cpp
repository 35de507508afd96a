// passages: walks over pieces of documents, and what their records come to. Their spans:
// passage_spans.cpp.
#include "dedup/passages.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "core/parallel.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t parts_at_once = 16;     // they are small
constexpr size_t share_of_shared = 4;    // about one cell in so many may have its core in common
constexpr size_t share_of_windows = 64;  // bytes of text for each window that is hashed by itself

size_t expected_cells(const ngram::CellShape& shape, uint64_t bytes) {
  return bytes * 2 / shape.window + bytes / shape.span;
}

[[noreturn]] void throw_changed() {
  throw std::invalid_argument("passages: a walk brought other documents than the first");
}

}  // namespace

/// Looks at the cells of pieces. One per thread.
class PassageFinder::Looker {
 public:
  explicit Looker(const ngram::CellShape& shape) : shape_(shape), walk_(shape), hasher_(shape) {}

  /// At all cells of a piece, for their cores.
  void all(const PassagePiece& piece, std::vector<CoreRecord>& found) {
    walk_(piece.document, piece.begin, piece.end, [&](const ngram::Cell& cell) {
      const uint64_t hash = hasher_.core(piece.document, cell).low;
      found.push_back(CoreRecord::of(hash, CellPlace::pack(piece.position, cell)));
    });
  }

  /// At those whose places are given.
  void some(const PassagePiece& piece, std::span<const uint64_t> places,
            std::vector<CellRecord>& found) {
    for (const uint64_t place : places) {
      const ngram::Cell wanted = CellPlace::unpack(place, piece.position);
      if (wanted.first + wanted.count - 1 + shape_.window > piece.document.size()) {
        throw_changed();
      }
      ngram::split(wanted, shape_.span,
                   [&](const ngram::Cell& cell) { found.push_back(record(piece, cell)); });
    }
  }

 private:
  CellRecord record(const PassagePiece& piece, const ngram::Cell& cell) {
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
                             int threads, size_t cells_at_once)
    : options_(options),
      shape_(options.min_bytes),
      cells_at_once_(cells_at_once),
      memory_(room.memory / 4),
      threads_(resolve_threads(threads)),
      scratch_(room.folder),
      cores_(parts<CoreRecord>(expected_cells(shape_, bytes))) {
  for (size_t i = 0; i < num_adders(); ++i) adders_.add(std::make_unique<Adder>(i));
}

template <class Record>
std::unique_ptr<PooledParts<Record>> PassageFinder::parts(size_t expected) {
  return std::make_unique<PooledParts<Record>>(num_adders(), expected, memory_, pages_, scratch_);
}

void PassageFinder::add(const Column& docs, uint64_t position, int threads) {
  uint64_t bytes = 0;
  for (const auto& block : docs.blocks(SIZE_MAX)) {
    for (size_t row = block.begin; row < block.end; ++row) bytes += (*block.strings)[row].size();
  }
  if (position >= CellPlace::most_bytes || bytes >= CellPlace::most_bytes - position) {
    throw std::length_error("passages: 2**44 bytes of text or more; take it in parts");
  }
  if (!first_walk_ && bytes > end_ - std::min(end_, position)) throw_changed();
  PassageCutter cutter(docs, position, shape_.window);
  parallel_for(bytes / PassageCutter::windows_at_once + 1, threads, [&](size_t, size_t) {
    adders_.borrow([&](Adder& adder) {
      cutter.next(adder.pieces);
      look_at(adder);
    });
  });
  walked_ += bytes;
}

void PassageFinder::look_at(Adder& adder) {
  Looker looker(shape_);
  if (first_walk_) {
    adder.cores.clear();
    for (const PassagePiece& piece : adder.pieces) looker.all(piece, adder.cores);
    for (const CoreRecord& core : adder.cores) cores_->add(adder.number, core.key(), core);
    return;
  }
  if (adder.pieces.empty()) return;
  const auto least = [](const PassagePiece& piece, size_t window) {
    return CellPlace::least(piece.position + window);
  };
  const PassagePiece& last = adder.pieces.back();
  adder.cells.clear();
  adder.wanted.clear();
  wanted_->read(least(adder.pieces.front(), adder.pieces.front().begin), least(last, last.end),
                adder.wanted);
  auto from = adder.wanted.begin();
  for (const PassagePiece& piece : adder.pieces) {
    const auto to = std::find_if(from, adder.wanted.end(),
                                 [&](uint64_t place) { return place >= least(piece, piece.end); });
    if (from != to && *from < least(piece, piece.begin)) throw_changed();
    looker.some(piece, {from, to}, adder.cells);
    from = to;
  }
  for (const CellRecord& cell : adder.cells) cells_->add(adder.number, cell.key(), cell);
}

bool PassageFinder::end_walk() {
  if (first_walk_) end_ = walked_;
  const size_t cells = expected_cells(ngram::CellShape(options_.min_bytes), end_);
  if (first_walk_) repeats_ = ascending(TrimmedPlace::bits, cells);
  first_walk_ = false;
  walked_ = 0;
  wanted_ = ascending(0, std::min(cells / share_of_shared, cells_at_once_));
  size_t pieces = 1;  // that a wanted cell is cut into
  if (cells_) {
    find_in_parts(0, cells_->count(), [&](size_t part) {
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
    want_shared();
  }
  const bool more = wanted_->size() > 0;
  cells_ = more ? parts<CellRecord>(wanted_->size() * pieces) : nullptr;
  (more ? wanted_ : repeats_)->sort(threads_);
  return more;
}

bool PassageFinder::wants(uint64_t begin, uint64_t end) const {
  std::vector<uint64_t> places;
  if (!first_walk_) wanted_->read(CellPlace::least(begin), CellPlace::least(end), places);
  return first_walk_ || !places.empty();
}

std::unique_ptr<Ascending> PassageFinder::ascending(int bits, size_t expected) {
  return std::make_unique<Ascending>(num_adders(), CellPlace::least(end_ + 1) << bits, expected,
                                     memory_, pages_, scratch_);
}

/// The next cells that have their core in common with others.
void PassageFinder::want_shared() {
  const size_t at_once = parts_at_once * num_adders();
  while (next_part_ < cores_->count() && wanted_->size() < cells_at_once_) {
    const size_t first = std::exchange(next_part_, std::min(next_part_ + at_once, cores_->count()));
    find_in_parts(first, next_part_, [&](size_t part) {
      RepeatedCells found{{}, shared_cores(*cores_, part)};
      cores_->drop(part);
      return found;
    });
  }
}

template <class Find>
void PassageFinder::find_in_parts(size_t first, size_t end, Find&& find) {
  parallel_for(end - first, threads_, [&](size_t i, size_t worker) {
    const RepeatedCells found = find(first + i);
    for (const uint64_t place : found.mixed) wanted_->add(worker, place);
    for (const uint64_t place : found.repeats) repeats_->add(worker, place);
  });
}

}  // namespace corpusmill::dedup
