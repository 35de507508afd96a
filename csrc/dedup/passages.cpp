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

constexpr size_t piece_windows = 128 << 10;  // looked at by one thread at once
constexpr size_t pieces_at_once = 32;        // for each thread
constexpr size_t parts_at_once = 16;         // they are small
constexpr size_t share_of_shared = 4;    // about one cell in so many may have its core in common
constexpr size_t share_of_windows = 64;  // bytes of text for each window that is hashed by itself

size_t expected_cells(const ngram::CellShape& shape, uint64_t bytes) {
  return bytes * 2 / shape.window + bytes / shape.span;
}

[[noreturn]] void throw_changed() {
  throw std::invalid_argument("passages: a walk brought other documents than the first");
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

  /// At those whose places are given.
  void some(const Piece& piece, std::span<const uint64_t> places, std::vector<CellRecord>& found) {
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
                             int threads, size_t cells_at_once)
    : options_(options),
      shape_(options.min_bytes),
      cells_at_once_(cells_at_once),
      memory_(room.memory / 4),
      threads_(resolve_threads(threads)),
      scratch_(room.folder),
      cores_(partitions<CoreRecord>(expected_cells(shape_, bytes))) {
  for (size_t i = 0; i < num_adders(); ++i) adders_.add(std::make_unique<Adder>(i));
}

/// Parts have pages of their own, whoever adds to them.
template <class Record>
std::unique_ptr<SharedPartitions<Record>> PassageFinder::partitions(size_t expected) {
  constexpr size_t most = Partitions<Record>::paged_part_bytes, least = most / 4;
  return std::make_unique<SharedPartitions<Record>>(num_adders(), expected, memory_, scratch_,
                                                    std::max(most / num_adders(), least));
}

void PassageFinder::add(const Column& docs, uint64_t position, int threads) {
  const size_t most =
      piece_windows * pieces_at_once * static_cast<size_t>(resolve_threads(threads));
  std::vector<Piece> pieces;
  const uint64_t first = position;
  size_t held = 0;
  for (const auto& block : docs.blocks(docs.size() + 1)) {
    for (size_t row = block.begin; row < block.end; ++row) {
      const std::string_view document = (*block.strings)[row];
      if (position >= CellPlace::most_bytes ||
          document.size() >= CellPlace::most_bytes - position) {
        throw std::length_error("passages: 2**44 bytes of text or more; take it in parts");
      }
      if (!first_walk_ && document.size() > end_ - std::min(end_, position)) throw_changed();
      const size_t windows = document.size() - std::min(document.size(), shape_.window - 1);
      for (size_t begin = 0; begin < windows; begin += piece_windows) {
        pieces.push_back({document, position, begin, std::min(begin + piece_windows, windows)});
        held += pieces.back().end - begin;
        if (held < most) continue;
        look_at(pieces, threads);
        pieces.clear();
        held = 0;
      }
      position += document.size();
    }
  }
  look_at(pieces, threads);
  walked_ += position - first;
}

/// About as many windows at a time as a large piece has.
void PassageFinder::look_at(const std::vector<Piece>& pieces, int threads) {
  std::vector<size_t> starts{0};
  for (size_t i = 0, held = 0; i < pieces.size(); ++i) {
    held += pieces[i].end - pieces[i].begin;
    if (held < piece_windows && i + 1 < pieces.size()) continue;
    starts.push_back(i + 1);
    held = 0;
  }
  parallel_for(starts.size() - 1, threads, [&](size_t i, size_t) {
    const std::span<const Piece> some(&pieces[starts[i]], starts[i + 1] - starts[i]);
    adders_.borrow([&](Adder& adder) { look_at(some, adder); });
  });
}

void PassageFinder::look_at(std::span<const Piece> pieces, Adder& adder) {
  Looker looker(shape_);
  adder.cores.clear();
  adder.cells.clear();
  for (const Piece& piece : pieces) {
    if (first_walk_) {
      looker.all(piece, adder.cores);
      continue;
    }
    adder.wanted.clear();
    wanted_->read(CellPlace::least(piece.position + piece.begin),
                  CellPlace::least(piece.position + piece.end), adder.wanted);
    looker.some(piece, adder.wanted, adder.cells);
  }
  for (const CoreRecord& core : adder.cores) cores_->of(adder.number).add(core.key(), core);
  for (const CellRecord& cell : adder.cells) cells_->of(adder.number).add(cell.core, cell);
}

bool PassageFinder::end_walk() {
  if (first_walk_) end_ = walked_;
  if (first_walk_) repeats_ = ascending(TrimmedPlace::bits);
  first_walk_ = false;
  walked_ = 0;
  wanted_ = ascending(0);
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
  cells_ = more ? partitions<CellRecord>(wanted_->size() * pieces) : nullptr;
  (more ? wanted_ : repeats_)->sort(threads_);
  return more;
}

bool PassageFinder::wants(uint64_t begin, uint64_t end) const {
  std::vector<uint64_t> places;
  if (!first_walk_) wanted_->read(CellPlace::least(begin), CellPlace::least(end), places);
  return first_walk_ || !places.empty();
}

std::unique_ptr<Ascending> PassageFinder::ascending(int bits) {
  const ngram::CellShape first(options_.min_bytes);
  const size_t expected = expected_cells(first, end_) / share_of_shared;
  return std::make_unique<Ascending>(num_adders(), CellPlace::least(end_ + 1) << bits,
                                     std::min(expected, cells_at_once_), memory_, scratch_);
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
