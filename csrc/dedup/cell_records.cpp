// cell_records: counts that may collide first, tables of what they leave after.
#include "dedup/cell_records.hpp"

#include <algorithm>

#include "core/hash_map.hpp"
#include "dedup/repeats.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t most_counted = 1 << 22;   // of a part that is larger, more are taken for frequent
constexpr size_t most_expected = 1 << 12;  // tables of more grow as they need

/// Of equal cells: where the first is, and whether there are more.
struct First {
  uint64_t position;
  bool again;
};

/// Of cells with one core: one of them, and whether there are others.
struct Kinds {
  Hash128 first;
  bool several;
};

}  // namespace

// Nearly all cores that are alone go by the counts, before they come to the table.
std::vector<uint64_t> shared_cores(const PooledParts<CoreRecord>& cores, size_t part) {
  const size_t size = cores.size(part);
  Repeats repeats(std::min(size, most_counted), CoreRecord::least_bit);
  cores.for_each(part, [&](const CoreRecord& core) { repeats.add(core.key()); });
  HashMap<bool> again(std::min(size / 4, most_expected));
  cores.for_each(part, [&](const CoreRecord& core) {
    if (!repeats.has(core.key())) return;
    const auto [value, is_new] = again.insert({core.key(), 0});
    value = !is_new;
  });
  std::vector<uint64_t> places;
  cores.for_each(part, [&](const CoreRecord& core) {
    if (repeats.has(core.key()) && again.at({core.key(), 0})) places.push_back(core.place());
  });
  return places;
}

// Of cells that are equal, the first stands for all that are settled.
RepeatedCells repeated_cells(const PooledParts<CellRecord>& cells, size_t part, bool keep_first,
                             size_t window) {
  const size_t size = cells.size(part);
  Repeats repeats(std::min(size, most_counted), 16);  // others than those it is parted by
  cells.for_each(part, [&](const CellRecord& cell) { repeats.add(cell.core); });
  HashMap<First> firsts(std::min(size / 2, most_expected));
  HashMap<Kinds> cores(std::min(size / 2, most_expected));
  cells.for_each(part, [&](const CellRecord& cell) {
    if (!repeats.has(cell.core)) return;
    const auto [first, is_new] = firsts.insert(cell.all);
    first = {is_new ? cell.position() : std::min(first.position, cell.position()), !is_new};
    const auto [kinds, is_first] = cores.insert({cell.core, 0});
    if (is_first) kinds.first = cell.all;
    kinds.several = kinds.several || kinds.first != cell.all;
  });
  RepeatedCells found;
  cells.for_each(part, [&](const CellRecord& cell) {
    if (!repeats.has(cell.core)) return;
    const First& first = firsts.at(cell.all);
    const bool settled = keep_first ? cell.position() - first.position >= window : first.again;
    if (settled) found.repeats.push_back(cell.trimmed);
    if ((!settled || cell.position() == first.position) && cores.at({cell.core, 0}).several) {
      found.mixed.push_back(TrimmedPlace::place(cell.trimmed));
    }
  });
  return found;
}

}  // namespace corpusmill::dedup
