// fields: rows of a file mostly have the same keys in the same order, so each key is first compared
// with the one that followed the last.
#include "jsonl/fields.hpp"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "jsonl/cursor.hpp"
#include "jsonl/grammar.hpp"
#include "jsonl/string.hpp"

namespace corpusmill::jsonl {

namespace {

size_t type_of(char first) {
  switch (first) {
    case 'n': return 0;
    case 't':
    case 'f': return 1;
    case '"': return 3;
    case '[': return 4;
    case '{': return 5;
    default: return 2;
  }
}

class Counter {
 public:
  /// False if this is no object.
  bool add(Cursor cursor) {
    ++row_;
    cursor.skip_space();
    if (!cursor.take('{')) return false;
    cursor.skip_space();
    if (cursor.take('}')) return true;
    for (size_t previous = none;;) {
      const auto written = read_key(cursor);
      if (!written) return false;
      previous = find(unescaped(*written, scratch_), previous);
      note(previous, type_of(cursor.peek()));
      if (!skip_value(cursor, open_)) return false;
      cursor.skip_space();
      if (cursor.take('}')) return true;
      if (!cursor.take(',')) return false;
      cursor.skip_space();
    }
  }

  FieldCounts finish(size_t most) {
    FieldCounts out;
    for (Seen& seen : seen_) {
      for (const int64_t rows : seen.field.rows) out.num_values += rows;
      out.fields.push_back(std::move(seen.field));
    }
    std::sort(out.fields.begin(), out.fields.end(),
              [](const Field& left, const Field& right) { return left.name < right.name; });
    out.fields.resize(std::min(most, out.fields.size()));
    return out;
  }

 private:
  static constexpr size_t none = ~size_t{0};

  struct Seen {
    Field field;
    int64_t last_row = 0;  // in which the field was found
    size_t last_type = 0;  // what it was there
    size_t next = none;    // the field that followed it there
  };

  size_t find(std::string_view name, size_t previous) {
    const size_t guess = previous == none ? first_ : seen_[previous].next;
    if (guess != none && seen_[guess].field.name == name) return guess;
    const auto [entry, is_new] = number_.try_emplace(std::string(name), seen_.size());
    if (is_new) seen_.push_back({.field = {.name = entry->first}});
    (previous == none ? first_ : seen_[previous].next) = entry->second;
    return entry->second;
  }

  void note(size_t number, size_t type) {
    Seen& seen = seen_[number];
    if (seen.last_row == row_) --seen.field.rows[seen.last_type];
    ++seen.field.rows[type];
    seen.last_row = row_;
    seen.last_type = type;
  }

  std::vector<Seen> seen_;
  std::unordered_map<std::string, size_t> number_;
  size_t first_ = none;
  int64_t row_ = 0;
  std::vector<uint8_t> scratch_;
  std::string open_;
};

}  // namespace

FieldCounts count_fields(std::string_view block, std::span<const int64_t> offsets,
                         std::span<const int64_t> lengths, size_t most) {
  Counter counter;
  for (size_t i = 0; i < offsets.size(); ++i) {
    const auto offset = static_cast<size_t>(offsets[i]), length = static_cast<size_t>(lengths[i]);
    const bool inside = offset <= block.size() && length <= block.size() - offset;
    if (!inside ||
        !counter.add({.at = block.data() + offset, .end = block.data() + offset + length}))
      throw std::invalid_argument("line " + std::to_string(i) + " is no object in this block");
  }
  return counter.finish(most);
}

}  // namespace corpusmill::jsonl
