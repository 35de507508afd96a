// project: a walk over the members of each line, and the values found put together again.
#include "jsonl/project.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>

#include "jsonl/members.hpp"

namespace corpusmill::jsonl {

namespace {

MemberFinder finder_of(const std::vector<Projected>& fields) {
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const Projected& field : fields) names.push_back(field.name);
  return MemberFinder(std::move(names));
}

void append_object(std::string& out, const std::vector<Projected>& fields,
                   std::span<const std::string_view> values) {
  char before = '{';
  for (size_t i = 0; i < fields.size(); ++i) {
    if (values[i].empty()) continue;
    out += before;
    out += fields[i].written;
    out += ':';
    out += values[i];
    before = ',';
  }
  if (before == '{') out += before;
  out += "}\n";
}

}  // namespace

std::string project(std::string_view lines, const std::vector<Projected>& fields) {
  MemberFinder finder = finder_of(fields);
  std::vector<std::string_view> values(fields.size());
  std::string out;
  while (!lines.empty()) {
    const size_t size = std::min(lines.find('\n'), lines.size() - 1);
    if (!finder.find(lines.substr(0, size), values)) {
      throw std::invalid_argument("lines: expected an object in each");
    }
    append_object(out, fields, values);
    lines.remove_prefix(size + 1);
  }
  return out;
}

}  // namespace corpusmill::jsonl
