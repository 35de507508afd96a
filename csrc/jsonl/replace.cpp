// replace: what lies between two replaced values is copied as one.
#include "jsonl/replace.hpp"

#include <algorithm>
#include <stdexcept>

#include "jsonl/members.hpp"

namespace corpusmill::jsonl {

std::string replace_field(std::string_view lines, const std::string& name, const Column& values) {
  MemberFinder finder({name});
  std::string out;
  out.reserve(lines.size());
  size_t row = 0, done = 0;  // up to where lines are in out
  for (size_t start = 0; start < lines.size(); ++row) {
    const size_t end = std::min(lines.find('\n', start), lines.size() - 1);
    if (row < values.size() && !values.is_null(row)) {
      std::string_view old;
      if (!finder.find(lines.substr(start, end - start), {&old, 1}) || old.empty()) {
        throw std::invalid_argument("lines: one of them is no object with the field \"" + name +
                                    "\"");
      }
      const auto at = static_cast<size_t>(old.data() - lines.data());
      out += lines.substr(done, at - done);
      out += values[row];
      done = at + old.size();
    }
    start = end + 1;
  }
  if (row != values.size()) {
    throw std::invalid_argument("values: expected one for each of " + std::to_string(row) +
                                " lines, got " + std::to_string(values.size()));
  }
  out += lines.substr(done);
  return out;
}

}  // namespace corpusmill::jsonl
