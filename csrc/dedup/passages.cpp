// passages: walks of documents in pieces, records of what may repeat, and the repeats among them.
#include "dedup/passages.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "core/hash_map.hpp"
#include "core/parallel.hpp"
#include "dedup/repeats.hpp"
#include "text/utf8.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t piece_windows = 128 << 10;  // looked at by one thread at once
constexpr size_t pieces_at_once = 4;         // for each thread
constexpr uint64_t most_bytes = uint64_t{1} << 48;
constexpr size_t most_counted = 1 << 20;  // more would not fit in a cache
constexpr size_t share_of_shared = 4;     // about one cell in so many is expected not to be alone

size_t expected_cells(const ngram::CellShape& shape, uint64_t bytes) {
  return bytes * 2 / shape.window + bytes / shape.span;
}

/// The bytes less the parts of characters at their ends.
void add_span(std::string_view document, size_t begin, size_t end, text::Spans& spans) {
  const size_t character = text::character_begin(document, begin);
  if (character < begin) {
    begin = character + text::decode(&document[character], document.data() + document.size()).size;
  }
  if (end < document.size()) end = text::character_begin(document, end);
  spans.begin.push_back(static_cast<int64_t>(begin));
  spans.end.push_back(static_cast<int64_t>(end));
}

}  // namespace

/// Windows begin, ..., end - 1 of a document, which itself begins at the position.
struct PassageFinder::Piece {
  std::string_view document;
  uint64_t position;
  size_t begin;
  size_t end;
};

/// What one thread came upon, to be added in order.
struct PassageFinder::Found {
  std::vector<Core> cores;
  std::vector<Whole> wholes;
  std::vector<Window> windows;
  std::vector<uint64_t> wanted;
  std::vector<uint64_t> repeats;
};

/// Looks at the cells of pieces, as this walk does.
class PassageFinder::Looker {
 public:
  Looker(const ngram::CellShape& shape, int walk) : walk_(walk), cells_(shape), hasher_(shape) {}

  /// wanted: where cells lie to be looked at, ascending; only the first walk looks at all.
  void operator()(const Piece& piece, const std::vector<uint64_t>& wanted, Found& found) {
    const auto place = [&](size_t window) { return (piece.position + window) << count_bits; };
    auto next = std::lower_bound(wanted.begin(), wanted.end(), place(piece.begin));
    const auto end = std::lower_bound(next, wanted.end(), place(piece.end));
    if (walk_ > 0 && next == end) return;
    cells_(piece.document, piece.begin, piece.end, [&](const ngram::Cell& cell) {
      if (walk_ == 0) return add_core(piece, cell, found);
      if (next == end || *next != place(cell.first)) return;
      ++next;
      hasher_.load(piece.document, cell);
      if (walk_ == 1) {
        found.wholes.push_back({hasher_.core().low, hasher_.all(), place(cell.first) | cell.count});
      } else {
        for (size_t i = 0; i < cell.count; ++i) {
          found.windows.push_back({hasher_.window(i), piece.position + cell.first + i});
        }
      }
    });
  }

 private:
  void add_core(const Piece& piece, const ngram::Cell& cell, Found& found) const {
    const uint64_t hash = hasher_.core(piece.document, cell).low;
    const uint64_t position = piece.position + cell.first;
    found.cores.push_back({static_cast<uint32_t>(hash >> 32), static_cast<uint16_t>(hash >> 16),
                           static_cast<uint16_t>(position >> 32), static_cast<uint32_t>(position)});
  }

  int walk_;
  ngram::CellWalk cells_;
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
  const size_t most = pieces_at_once * static_cast<size_t>(resolve_threads(threads));
  std::vector<Piece> pieces;
  size_t held = 0;
  for (const auto& block : docs.blocks(docs.size() + 1)) {
    for (size_t row = block.begin; row < block.end; ++row) {
      const std::string_view document = (*block.strings)[row];
      if (document.size() >= most_bytes - position_) {
        throw std::length_error("passages: more than 2**48 bytes of text; take it in parts");
      }
      const size_t windows =
          document.size() < shape_.window ? 0 : document.size() - shape_.window + 1;
      for (size_t begin = 0; begin < windows; begin += piece_windows) {
        const size_t end = std::min(begin + piece_windows, windows);
        pieces.push_back({document, position_, begin, end});
        held += end - begin;
        if (held < most * piece_windows) continue;
        look_at(pieces, threads);
        pieces.clear();
        held = 0;
      }
      position_ += document.size();
    }
  }
  look_at(pieces, threads);
}

void PassageFinder::look_at(const std::vector<Piece>& pieces, int threads) {
  if (pieces.empty()) return;
  std::vector<size_t> starts{0};
  size_t held = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    held += pieces[i].end - pieces[i].begin;
    if (held < piece_windows && i + 1 < pieces.size()) continue;
    starts.push_back(i + 1);
    held = 0;
  }
  std::vector<uint64_t> wanted;
  if (walk_ > 0) {
    wanted_->read_below((pieces.back().position + pieces.back().end) << count_bits, wanted);
    if (wanted.empty()) return;
  }
  std::vector<Found> found(starts.size() - 1);
  std::vector<Looker> lookers(num_workers(found.size(), threads), Looker(shape_, walk_));
  parallel_for(found.size(), threads, [&](size_t i, size_t worker) {
    for (size_t p = starts[i]; p < starts[i + 1]; ++p) lookers[worker](pieces[p], wanted, found[i]);
  });
  for (const Found& part : found) append(part);
}

void PassageFinder::append(const Found& found) {
  for (const Core& core : found.cores) cores_->add(core.key(), core);
  for (const Whole& whole : found.wholes) wholes_->add(whole.core, whole);
  for (const Window& window : found.windows) windows_->add(window.hash.high, window);
  for (const uint64_t place : found.wanted) wanted_->add(place);
  for (const uint64_t place : found.repeats) repeats_->add(place);
}

bool PassageFinder::end_walk(int threads) {
  const size_t cells = expected_cells(shape_, position_) / share_of_shared;
  const auto places = [&] {
    return std::make_unique<Ascending>((end_ + 1) << count_bits, cells, memory_, scratch_);
  };
  if (walk_ == 0) {
    end_ = position_;
    wanted_ = places();
    repeats_ = places();
    find_in_parts(*cores_, threads, [&](size_t part) { return shared_cores(part); });
    cores_.reset();
    wholes_ = std::make_unique<Partitions<Whole>>(wanted_->size(), memory_, scratch_);
  } else if (walk_ == 1) {
    wanted_ = places();
    find_in_parts(*wholes_, threads, [&](size_t part) { return repeated_cells(part); });
    wholes_.reset();
    const size_t windows = wanted_->size() * shape_.span / 2;
    windows_ = std::make_unique<Partitions<Window>>(windows, memory_, scratch_);
  } else {
    wanted_ = places();
    find_in_parts(*windows_, threads, [&](size_t part) { return repeated_windows(part); });
    windows_.reset();
  }
  ++walk_;
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
  Repeats repeats(std::min(cores_->size(part), most_counted));
  cores_->for_each(part, [&](const Core& core) { repeats.add(core.key()); });
  HashMap<bool> again;
  cores_->for_each(part, [&](const Core& core) {
    if (!repeats.has(core.key())) return;
    const auto [value, is_new] = again.insert({core.key(), 0});
    value = !is_new;
  });
  Found found;
  cores_->for_each(part, [&](const Core& core) {
    if (repeats.has(core.key()) && again.at({core.key(), 0})) {
      found.wanted.push_back(core.position() << count_bits);
    }
  });
  return found;
}

bool PassageFinder::is_repeat(uint64_t position, const First& first) const {
  return options_.keep_first ? position - first.position >= shape_.window : first.again;
}

// Cells that are not whole repeats may be so in part, if another cell has their core. Of cells that
// are equal, one stands for all that are settled.
PassageFinder::Found PassageFinder::repeated_cells(size_t part) const {
  struct Kinds {
    Hash128 first;
    bool several;
  };
  HashMap<First> cells;
  HashMap<Kinds> cores;
  wholes_->for_each(part, [&](const Whole& whole) {
    const auto [cell, is_new] = cells.insert(whole.all);
    cell = is_new ? First{whole.place >> count_bits, false} : First{cell.position, true};
    const auto [kinds, is_first] = cores.insert({whole.core, 0});
    if (is_first) kinds.first = whole.all;
    kinds.several = kinds.several || kinds.first != whole.all;
  });
  Found found;
  wholes_->for_each(part, [&](const Whole& whole) {
    const uint64_t position = whole.place >> count_bits;
    const First& cell = cells.at(whole.all);
    const bool settled = is_repeat(position, cell);
    if (settled) found.repeats.push_back(whole.place);
    if ((!settled || position == cell.position) && cores.at({whole.core, 0}).several) {
      found.wanted.push_back(position << count_bits);
    }
  });
  return found;
}

PassageFinder::Found PassageFinder::repeated_windows(size_t part) const {
  HashMap<First> first;
  windows_->for_each(part, [&](const Window& window) {
    const auto [known, is_new] = first.insert(window.hash);
    known = is_new ? First{window.position, false} : First{known.position, true};
  });
  Found found;
  windows_->for_each(part, [&](const Window& window) {
    if (is_repeat(window.position, first.at(window.hash))) {
      found.repeats.push_back(window.position << count_bits | 1);
    }
  });
  return found;
}

text::Spans PassageFinder::passages(const Column& docs) {
  constexpr uint64_t count_mask = (uint64_t{1} << count_bits) - 1;
  text::Spans out{{0}, {}, {}};
  std::vector<uint64_t> repeats;
  for (const auto& block : docs.blocks(docs.size() + 1)) {
    for (size_t row = block.begin; row < block.end; ++row) {
      const std::string_view document = (*block.strings)[row];
      repeats.clear();
      repeats_->read_below((position_ + document.size()) << count_bits, repeats);
      for (size_t i = 0; i < repeats.size();) {
        const size_t begin = (repeats[i] >> count_bits) - position_;
        size_t end = begin;
        for (; i < repeats.size(); ++i) {
          const size_t first = (repeats[i] >> count_bits) - position_;
          if (first > end) break;
          end = std::max(end, first + (repeats[i] & count_mask) - 1 + shape_.window);
        }
        add_span(document, begin, end, out);
      }
      out.lists.push_back(static_cast<int64_t>(out.begin.size()));
      position_ += document.size();
    }
  }
  return out;
}

text::Spans passages(const Column& docs, const PassageOptions& options, int threads) {
  uint64_t bytes = 0;
  for (size_t row = 0; row < docs.size(); ++row) bytes += docs[row].size();
  PassageFinder finder(options, bytes, {});
  do finder.add(docs, threads);
  while (finder.end_walk(threads));
  return finder.passages(docs);
}

}  // namespace corpusmill::dedup
