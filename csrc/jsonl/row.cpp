// row: the outermost object member by member, so that the text is unescaped in the same pass that
// validates it.
#include "jsonl/row.hpp"

#include "jsonl/grammar.hpp"
#include "jsonl/run.hpp"
#include "jsonl/string.hpp"

namespace corpusmill::jsonl {

Row RowReader::read(Cursor& cursor, uint8_t* text) {
  row_ = {};
  row_.text_end = text;
  if (fields_.text) row_.fault = Reason::text_missing;
  cursor.lone_surrogate = false;
  const char* begin = cursor.at;
  const bool object = cursor.peek() == '{';
  const bool value = object ? read_object(cursor, text) : skip_value(cursor, open_);
  cursor.skip_space();
  if (!value || cursor.peek() != '\n') {
    row_.fault = cursor.lone_surrogate ? Reason::lone_surrogate : Reason::invalid_json;
    if (!is_utf8({begin, find_newline(cursor)})) row_.fault = Reason::invalid_utf8;
  } else if (!object) {
    row_.fault = Reason::not_an_object;
  }
  return row_;
}

bool RowReader::read_object(Cursor& cursor, uint8_t* text) {
  ++cursor.at;
  cursor.skip_space();
  if (cursor.take('}')) return true;
  for (;;) {
    if (!read_member(cursor, text)) return false;
    cursor.skip_space();
    if (cursor.take('}')) return true;
    if (!cursor.take(',')) return false;
    cursor.skip_space();
  }
}

bool RowReader::read_member(Cursor& cursor, uint8_t* text) {
  const auto written = read_key(cursor);
  if (!written) return false;
  const std::string_view key = unescaped(*written, scratch_);
  const char* begin = cursor.at;
  const bool read = key == fields_.text ? read_text(cursor, text) : skip_value(cursor, open_);
  if (!read) return false;
  const std::string_view value(begin, static_cast<size_t>(cursor.at - begin));
  if (key == fields_.id) row_.id = value;
  if (key == fields_.order) row_.order = value;
  return true;
}

// A second field of this name writes over the first.
bool RowReader::read_text(Cursor& cursor, uint8_t* text) {
  if (cursor.take('"')) {
    row_.fault.reset();
    row_.text_end = unescape_string(cursor, text);
    return row_.text_end != nullptr;
  }
  row_.fault = cursor.peek() == 'n' ? Reason::text_null : Reason::text_not_a_string;
  return skip_value(cursor, open_);
}

}  // namespace corpusmill::jsonl
