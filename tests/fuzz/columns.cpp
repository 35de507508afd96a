// columns: fuzzes the views of string columns. Rows are drawn first and then written as Arrow
// arrays, as oddly as the format allows (Arrow columnar format 1.4); the views must give the rows.
#include "core/columns.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>

#include "dedup/contents.hpp"
#include "fuzz.hpp"
#include "simd/hash.hpp"

namespace {

using namespace corpusmill;  // NOLINT(google-build-using-namespace)
using Layout = Strings::Layout;
using Rows = std::vector<std::optional<std::string>>;

template <class T>
void put(std::string& out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

std::string garbage(fuzz::Draw& draw) { return std::string(draw.bytes(draw.below(5))); }

std::optional<std::string> draw_row(fuzz::Draw& draw, const Rows& before) {
  const size_t kind = draw.below(8);
  if (kind == 0) return std::nullopt;
  if (kind == 1 && !before.empty()) return before[draw.below(before.size())];
  if (kind == 2) return std::string(256 * draw.below(8), static_cast<char>(draw.byte()));
  return std::string(draw.bytes(draw.below(20)));
}

Rows draw_rows(fuzz::Draw& draw, size_t most) {
  Rows rows;
  const size_t size = draw.below(most + 1);
  while (rows.size() < size) rows.push_back(draw_row(draw, rows));
  return rows;
}

/// Rows written as an array of a drawn layout: a slice of more rows, its buffers at any address,
/// each with no byte behind it, and garbage wherever the format leaves bytes open.
class Array {
 public:
  Array(const Rows& rows, fuzz::Draw& draw, bool may_nest) : draw_(draw) {
    const auto layout = static_cast<Layout>(draw.below(may_nest ? 7 : 3));
    Rows all = draw_rows(draw, 9);
    array_.offset = static_cast<int64_t>(all.size());
    array_.length = static_cast<int64_t>(rows.size());
    all.insert(all.end(), rows.begin(), rows.end());
    if (draw.flag()) all.emplace_back("behind");
    buffers_.push_back(nullptr);  // validity comes last: a dictionary may hold the nulls
    stored_null_.assign(all.size(), false);
    switch (layout) {
      case Layout::offsets32: write_offsets<int32_t>(all); break;
      case Layout::offsets64: write_offsets<int64_t>(all); break;
      case Layout::views: write_views(all); break;
      case Layout::indices8: write_dictionary<int8_t>(all); break;
      case Layout::indices16: write_dictionary<uint16_t>(all); break;
      case Layout::indices32: write_dictionary<int32_t>(all); break;
      case Layout::indices64: write_dictionary<uint64_t>(all); break;
      case Layout::lists32:
      case Layout::lists64:
      case Layout::lists_of_one_size: throw std::logic_error("lists of tokens are no strings");
    }
    write_validity(all);
    array_.n_buffers = static_cast<int64_t>(buffers_.size());
    array_.buffers = buffers_.data();
    view_.emplace(array_, layout, dictionary_ ? &dictionary_->view() : nullptr);
  }

  const Strings& view() const { return *view_; }

 private:
  // The format recommends aligned buffers and does not ask for them.
  const void* place(std::string_view bytes) {
    const size_t shift = draw_.below(16);
    held_.push_back(std::make_unique<char[]>(shift + bytes.size()));
    char* at = held_.back().get() + shift;
    std::copy(bytes.begin(), bytes.end(), at);
    return at;
  }

  void write_validity(const Rows& all) {
    std::string bits((all.size() + 7) / 8, static_cast<char>(draw_.byte()));
    bool needed = draw_.flag();
    for (size_t i = 0; i < all.size(); ++i) {
      const bool null = !all[i] && !stored_null_[i];
      needed |= null;
      const auto bit = static_cast<uint8_t>(1U << i % 8);
      const auto byte = static_cast<uint8_t>(bits[i / 8]);
      bits[i / 8] = static_cast<char>(null ? byte & ~bit : byte | bit);
    }
    if (needed) buffers_[0] = place(bits);
  }

  template <class Offset>
  void write_offsets(const Rows& all) {
    std::string data = garbage(draw_), offsets;
    put(offsets, static_cast<Offset>(data.size()));
    for (const auto& row : all) {
      data += row ? *row : garbage(draw_);
      put(offsets, static_cast<Offset>(data.size()));
    }
    buffers_.push_back(place(offsets));
    buffers_.push_back(data.empty() && draw_.flag() ? nullptr : place(data));
  }

  void write_views(const Rows& all) {
    std::vector<std::string> data(1 + draw_.below(3));
    std::string views, sizes;
    for (const auto& row : all) {
      std::string view(16, '\0');
      if (!row) {
        std::ranges::copy(draw_.bytes(16), view.begin());
      } else if (row->size() <= 12) {
        view.replace(4, row->size(), *row);
      } else {
        const size_t which = draw_.below(data.size());
        data[which] += garbage(draw_);
        std::string place = row->substr(0, 4);
        put(place, static_cast<int32_t>(which));
        put(place, static_cast<int32_t>(data[which].size()));
        view.replace(4, 12, place);
        data[which] += *row;
      }
      const auto size = static_cast<int32_t>(row ? row->size() : 0);
      if (row) std::memcpy(view.data(), &size, sizeof size);
      views += view;
    }
    buffers_.push_back(place(views));
    for (const std::string& bytes : data) {
      buffers_.push_back(place(bytes));
      put(sizes, static_cast<int64_t>(bytes.size()));
    }
    buffers_.push_back(place(sizes));
  }

  template <class Index>
  void write_dictionary(const Rows& all) {
    Rows values = draw_rows(draw_, 9);  // unused, or equal to others, or null
    for (const auto& row : all) {
      if (row && (draw_.flag() || std::ranges::find(values, row) == values.end())) {
        values.push_back(row);
      }
    }
    std::string indices;
    for (size_t i = 0; i < all.size(); ++i) {
      std::vector<size_t> places;
      for (size_t v = 0; v < values.size(); ++v) {
        if (values[v] == all[i]) places.push_back(v);
      }
      stored_null_[i] = !all[i] && !places.empty() && draw_.flag();
      const bool stored = all[i] || stored_null_[i];
      put(indices, static_cast<Index>(stored ? places[draw_.below(places.size())] : draw_.byte()));
    }
    buffers_.push_back(place(indices));
    dictionary_ = std::make_unique<Array>(values, draw_, false);
  }

  fuzz::Draw& draw_;
  ArrowArray array_{};
  std::vector<const void*> buffers_;
  std::vector<std::unique_ptr<char[]>> held_;
  std::vector<bool> stored_null_;  // rows that are null because their dictionary value is
  std::unique_ptr<Array> dictionary_;
  std::optional<Strings> view_;
};

void check_accessors(const Column& column, const Rows& rows) {
  fuzz::require(column.size() == rows.size(), "size");
  for (size_t i = 0; i < rows.size(); ++i) {
    fuzz::require(column.is_null(i) == !rows[i], "is_null");
    fuzz::require(column[i] == rows[i].value_or(""), "text");
  }
  const bool any_null = std::ranges::any_of(rows, [](const auto& row) { return !row; });
  fuzz::require(column.may_have_nulls() || !any_null, "may_have_nulls");
}

void check_blocks(const Column& column, const Rows& rows, size_t most) {
  size_t row = 0;
  for (const Column::Block& block : column.blocks(most)) {
    fuzz::require(block.first == row, "blocks follow each other");
    fuzz::require(block.begin < block.end && block.end - block.begin <= most, "block size");
    for (size_t i = block.begin; i < block.end; ++i, ++row) {
      fuzz::require((*block.strings)[i] == rows[row].value_or(""), "text in a block");
    }
  }
  fuzz::require(row == rows.size(), "blocks cover the column");
}

void check_facts(const Column& column, const Rows& rows) {
  const auto bitmap = validity(column);
  const auto lengths = byte_lengths(column);
  const auto hashes = dedup::content_hashes(column, 2);
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool valid = bitmap.empty() || (bitmap[i / 8] >> (i % 8) & 1) != 0;
    fuzz::require(valid == rows[i].has_value(), "validity");
    fuzz::require(static_cast<size_t>(lengths[i]) == rows[i].value_or("").size(), "byte_lengths");
    fuzz::require(hashes[i] == (rows[i] ? xxh3_128(*rows[i]) : Hash128{}), "content_hashes");
  }
}

void check_gathered(const Column& column, const Rows& rows, fuzz::Draw& draw) {
  std::vector<int64_t> chosen;
  for (size_t left = rows.empty() ? 0 : draw.below(20); left > 0; --left) {
    chosen.push_back(static_cast<int64_t>(draw.below(rows.size())));
  }
  const auto offsets = offsets_of(column, chosen);
  std::string texts(static_cast<size_t>(offsets.back()), '\0');
  gather(column, chosen, texts.data());
  fuzz::require(offsets.size() == chosen.size() + 1, "an offset for each row, and the end");
  for (size_t i = 0; i < chosen.size(); ++i) {
    const auto begin = static_cast<size_t>(offsets[i]);
    const auto end = static_cast<size_t>(offsets[i + 1]);
    const std::string expected = rows[static_cast<size_t>(chosen[i])].value_or("");
    fuzz::require(texts.substr(begin, end - begin) == expected, "a row that is laid together");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Draw draw(data, size);
  Rows rows;
  std::vector<std::unique_ptr<Array>> arrays;
  std::vector<Strings> chunks;
  for (size_t left = draw.below(5); left > 0; --left) {
    const Rows chunk = draw_rows(draw, 40);
    arrays.push_back(std::make_unique<Array>(chunk, draw, true));
    chunks.push_back(arrays.back()->view());
    rows.insert(rows.end(), chunk.begin(), chunk.end());
  }
  const Column column(chunks);
  check_accessors(column, rows);
  check_blocks(column, rows, 1 + draw.below(20));
  check_facts(column, rows);
  check_gathered(column, rows, draw);
  return 0;
}
