// jsonl: lines that are JSON, nearly: scanned, changed, read by field.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "areas.hpp"
#include "documents.hpp"
#include "jsonl/append.hpp"
#include "jsonl/fields.hpp"
#include "jsonl/lines.hpp"
#include "jsonl/project.hpp"
#include "jsonl/replace.hpp"
#include "jsonl/scan.hpp"
#include "jsonl/values.hpp"

namespace corpusmill::check {

namespace {

/// The rows of a block with one more field, in a buffer that ends where they do.
std::vector<char> with_field(std::string_view block, const jsonl::Lines& rows) {
  const size_t count = rows.offset.size();
  const auto keep = std::make_unique<bool[]>(count);
  std::fill_n(keep.get(), count, true);
  const jsonl::Selection all{
      .offset = rows.offset, .length = rows.length, .keep = {keep.get(), count}};
  std::vector<char> lines(jsonl::gathered_size(block, all));
  jsonl::gather(block, all, lines.data());
  const std::string_view view(lines.data(), lines.size());
  Documents values(std::vector<std::string>(count, "-9223372036854775808"));
  const Column column = values.column();
  const jsonl::NewField field{.key = "\"n\"", .values = column};
  const auto places = jsonl::closing_braces(view, count);
  std::vector<char> out(jsonl::appended_size(view, places, field));
  jsonl::append_field(view, places, field, out.data());
  jsonl::replace_field(as_view(out), "n", column);
  return out;
}

}  // namespace

size_t check_jsonl() {
  size_t rows = 0;
  for (const auto& block : hostile_blocks()) {
    const auto bytes = as_view(block);
    const jsonl::Lines found = jsonl::scan(bytes, {"text", "id", "id"}).rows;
    rows += jsonl::count_lines(as_view(with_field(bytes, found)));
    rows += jsonl::count_fields(bytes, found.offset, found.length, 2).fields.size();
    rows += found.offset.size() + jsonl::count_lines(bytes);
    const jsonl::Lines objects = jsonl::scan(bytes, {}).rows;
    for (const auto& column : jsonl::read_values(bytes, objects.offset, objects.length,
                                                 {{"text"}, {"id", "a"}, {"text", "b"}})) {
      rows += column.kind.size();
    }
    for (size_t i = 0; i < objects.offset.size(); ++i) {
      std::string line(jsonl::line_at(bytes, objects.offset[i], objects.length[i]));
      rows += jsonl::project(line += '\n', {{"id", "\"id\""}, {"text", "\"text\""}}).size();
    }
  }
  return rows;
}

}  // namespace corpusmill::check
