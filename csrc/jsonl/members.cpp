// members: one walk over the outermost object; what is inside of a value is stepped over.
#include "jsonl/members.hpp"

#include <algorithm>

#include "jsonl/grammar.hpp"
#include "jsonl/string.hpp"

namespace corpusmill::jsonl {

bool MemberFinder::find(std::string_view json, std::span<std::string_view> values) {
  std::fill(values.begin(), values.end(), std::string_view());
  Cursor cursor{.at = json.data(), .end = json.data() + json.size()};
  cursor.skip_space();
  if (!cursor.take('{')) return false;
  cursor.skip_space();
  if (cursor.take('}')) return true;
  for (;;) {
    if (!read_member(cursor, values)) return false;
    cursor.skip_space();
    if (cursor.take('}')) return true;
    if (!cursor.take(',')) return false;
    cursor.skip_space();
  }
}

bool MemberFinder::read_member(Cursor& cursor, std::span<std::string_view> values) {
  const auto written = read_key(cursor);
  if (!written) return false;
  const auto name = std::find(names_.begin(), names_.end(), unescaped(*written, scratch_));
  const char* begin = cursor.at;
  if (!skip_value(cursor, open_)) return false;
  if (name != names_.end()) {
    values[static_cast<size_t>(name - names_.begin())] = {begin,
                                                          static_cast<size_t>(cursor.at - begin)};
  }
  return true;
}

}  // namespace corpusmill::jsonl
