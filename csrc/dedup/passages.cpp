// passages: cells of documents as records, and which of those records repeat others.
#include "dedup/passages.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "core/columns.hpp"
#include "core/hash_map.hpp"
#include "core/parallel.hpp"
#include "dedup/cell_place.hpp"
#include "dedup/repeats.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t piece_windows = 128 << 10;  // looked at by one thread at once
constexpr size_t pieces_at_once = 4;         // for each thread
constexpr size_t most_at_once = 1 << 18;     // records of a part, unless they are equal
constexpr size_t share_of_shared = 4;  // about one cell in so many may have its core in common

size_t expected_cells(const ngram::CellShape& shape, uint64_t bytes) {
  return bytes * 2 / shape.window + bytes / shape.span;
}

}  // namespace

/// Of equal things: where the first is, and whether there are more.
struct PassageFinder::First {
  uint64_t position;
  bool again;
};

/// Windows begin, ..., end - 1 of a document that lies at the position.
struct PassageFinder::Piece {
  std::string_view document;
  uint64_t position;
  size_t begin;
  size_t end;
};

/// What one thread came upon, to be added in the order of pieces or parts.
struct PassageFinder::Found {
  std::vector<Core> cores;
  std::vector<Whole> wholes;
  std::vector<uint64_t> wanted;
  std::vector<uint64_t> repeats;
};

/// Looks at the cells of pieces. One per thread.
class PassageFinder::Looker {
 public:
  explicit Looker(const ngram::CellShape& shape) : shape_(shape), walk_(shape), hasher_(shape) {}

  /// At all cells of a piece, for their cores.
  void all(const Piece& piece, Found& found) {
    walk_(piece.document, piece.begin, piece.end, [&](const ngram::Cell& cell) {
      const uint64_t hash = hasher_.core(piece.document, cell).low;
      found.cores.push_back(Core::of(hash, CellPlace::pack(piece.position, cell)));
    });
  }

  /// At those whose places, ascending among those of other pieces, are given.
  void some(const Piece& piece, const std::vector<uint64_t>& places, Found& found) {
    auto place = std::lower_bound(places.begin(), places.end(),
                                  CellPlace::least(piece.position + piece.begin));
    const uint64_t end = CellPlace::least(piece.position + piece.end);
    for (; place != places.end() && *place < end; ++place) {
      ngram::split(CellPlace::unpack(*place, piece.position), shape_.span,
                   [&](const ngram::Cell& cell) { found.wholes.push_back(whole(piece, cell)); });
    }
  }

 private:
  Whole whole(const Piece& piece, const ngram::Cell& cell) {
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

PassageFinder::PassageFinder(const PassageOptions& options, uint64_t bytes, const Room& room)
    : options_(options),
      shape_(options.min_bytes),
      memory_(room.memory / 4),
      scratch_(room.folder),
      cores_(std::make_unique<Partitions<Core>>(expected_cells(shape_, bytes), memory_, scratch_)) {
}

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
  std::vector<Found> found(starts.size() - 1);
  std::vector<Looker> lookers(num_workers(found.size(), threads), Looker(shape_));
  parallel_for(found.size(), threads, [&](size_t i, size_t worker) {
    for (size_t p = starts[i]; p < starts[i + 1]; ++p) {
      if (first_walk_) {
        lookers[worker].all(pieces[p], found[i]);
      } else {
        lookers[worker].some(pieces[p], wanted, found[i]);
      }
    }
  });
  for (const Found& part : found) append(part);
}

void PassageFinder::append(const Found& found) {
  for (const Core& core : found.cores) cores_->add(core.key(), core);
  for (const Whole& whole : found.wholes) wholes_->add(whole.core, whole);
  for (const uint64_t place : found.wanted) wanted_->add(place);
  for (const uint64_t place : found.repeats) repeats_->add(place);
}

bool PassageFinder::end_walk(int threads) {
  if (first_walk_) end_ = position_;
  const auto places = [&](int more_bits) {
    return std::make_unique<Ascending>(CellPlace::least(end_ + 1) << more_bits,
                                       expected_cells(shape_, end_) / share_of_shared, memory_,
                                       scratch_);
  };
  wanted_ = places(0);
  if (first_walk_) {
    repeats_ = places(TrimmedPlace::bits);
    find_in_parts(*cores_, threads, [&](size_t part) { return shared_cores(part); });
    cores_.reset();
  } else {
    find_in_parts(*wholes_, threads, [&](size_t part) { return repeated_cells(part); });
    shape_ = shape_.finer();
  }
  const size_t cells = wanted_->size() * (first_walk_ ? 1 : 8);
  wholes_ = std::make_unique<Partitions<Whole>>(cells, memory_, scratch_);
  first_walk_ = false;
  position_ = 0;
  return wanted_->size() > 0;
}

template <class Records, class Find>
void PassageFinder::find_in_parts(Records& records, int threads, Find&& find) {
  const auto at_once = static_cast<size_t>(resolve_threads(threads));
  std::vector<Found> found(at_once);
  for (size_t first = 0; first < records.count(); first += at_once) {
    const size_t parts = std::min(at_once, records.count() - first);
    parallel_for(parts, threads, [&](size_t i, size_t) { found[i] = find(first + i); });
    for (size_t i = 0; i < parts; ++i) {
      append(found[i]);
      records.drop(first + i);
    }
  }
}

// Nearly all that are alone go by counts that may collide, before they come to a table.
PassageFinder::Found PassageFinder::shared_cores(size_t part) const {
  const size_t size = std::min(cores_->size(part), most_at_once);
  Repeats repeats(size);
  cores_->for_each(part, [&](const Core& core) { repeats.add(core.key()); });
  HashMap<bool> again(size / share_of_shared);
  cores_->for_each(part, [&](const Core& core) {
    if (!repeats.has(core.key())) return;
    const auto [value, is_new] = again.insert({core.key(), 0});
    value = !is_new;
  });
  Found found;
  cores_->for_each(part, [&](const Core& core) {
    if (repeats.has(core.key()) && again.at({core.key(), 0})) found.wanted.push_back(core.place());
  });
  return found;
}

bool PassageFinder::is_repeat(uint64_t position, const First& first) const {
  return options_.keep_first ? position - first.position >= shape_.window : first.again;
}

// Of cells that are equal, the first stands for all that are settled.
PassageFinder::Found PassageFinder::repeated_cells(size_t part) const {
  struct Kinds {
    Hash128 first;
    bool several;
  };
  const size_t size = std::min(wholes_->size(part), most_at_once);
  Repeats repeats(size);
  wholes_->for_each(part, [&](const Whole& whole) { repeats.add(whole.core); });
  HashMap<First> cells(size / 2);
  HashMap<Kinds> cores(size / 2);
  wholes_->for_each(part, [&](const Whole& whole) {
    if (!repeats.has(whole.core)) return;
    const auto [cell, is_new] = cells.insert(whole.all);
    cell = {is_new ? whole.position() : cell.position, !is_new};
    const auto [kinds, is_first] = cores.insert({whole.core, 0});
    if (is_first) kinds.first = whole.all;
    kinds.several = kinds.several || kinds.first != whole.all;
  });
  Found found;
  wholes_->for_each(part, [&](const Whole& whole) {
    if (!repeats.has(whole.core)) return;
    const uint64_t position = whole.position();
    const First& cell = cells.at(whole.all);
    const bool settled = is_repeat(position, cell);
    if (settled) found.repeats.push_back(whole.trimmed);
    if ((!settled || position == cell.position) && cores.at({whole.core, 0}).several) {
      found.wanted.push_back(TrimmedPlace::place(whole.trimmed));
    }
  });
  return found;
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
  PassageFinder finder(options, static_cast<uint64_t>(bytes), {});
  do finder.add(docs, threads);
  while (finder.end_walk(threads));
  return finder.passages(lengths);
}

}  // namespace corpusmill::dedup
