// scan: line by line. A good line is read once: only a rejected one is searched for its end.
#include "jsonl/scan.hpp"

#include <limits>
#include <memory>

#include "jsonl/number.hpp"
#include "jsonl/run.hpp"
#include "jsonl/string.hpp"

namespace corpusmill::jsonl {

namespace {

void append_line(Lines& lines, std::string_view block, std::string_view line, int64_t index) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  lines.offset.push_back(line.data() - block.data());
  lines.length.push_back(static_cast<int64_t>(line.size()));
  lines.index.push_back(index);
}

void append_value(Values& column, std::string_view json, std::vector<uint8_t>& scratch) {
  const size_t row = column.offsets.size() - 1;
  const char kind = json.empty() ? 'n' : json.front();
  if (row % 8 == 0) column.validity.push_back(0);
  if (kind != 'n' && kind != '{' && kind != '[') {
    column.validity.back() |= static_cast<uint8_t>(1U << row % 8);
    if (kind == '"') json = unescaped(json.substr(1, json.size() - 2), scratch);
    column.data.insert(column.data.end(), json.begin(), json.end());
  }
  column.offsets.push_back(static_cast<int64_t>(column.data.size()));
}

double number_or_nan(std::string_view json) {
  const bool number = !json.empty() && (json[0] == '-' || (json[0] >= '0' && json[0] <= '9'));
  return number ? number_value(json) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Scan scan(std::string_view block, const Fields& fields) {
  Scan out;
  out.text.data = std::make_unique_for_overwrite<uint8_t[]>(block.size() + run_slack);
  RowReader reader(fields);
  std::vector<uint8_t> scratch;
  const char* begin = block.data();
  const char* end = begin + block.size();
  for (Cursor cursor{.at = begin, .end = end}; cursor.at < end; ++out.num_lines) {
    begin = cursor.at;
    cursor.skip_space();
    const bool blank = cursor.peek() == '\n';
    const int64_t text_begin = out.text.offsets.back();
    const Row row = blank ? Row{} : reader.read(cursor, out.text.data.get() + text_begin);
    const char* line_end = find_newline(cursor);
    cursor.at = line_end == end ? end : line_end + 1;
    if (blank) continue;
    append_line(row.fault ? out.rejected : out.rows, block, {begin, line_end}, out.num_lines);
    if (row.fault) {
      out.reason.push_back(static_cast<uint8_t>(*row.fault));
      continue;
    }
    out.text.offsets.push_back(row.text_end - out.text.data.get());
    append_value(out.id, row.id, scratch);
    out.order.push_back(number_or_nan(row.order));
  }
  return out;
}

}  // namespace corpusmill::jsonl
