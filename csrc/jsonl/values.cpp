// values: one walk over the members of each line; nested fields by one more walk a level.
#include "jsonl/values.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "jsonl/lines.hpp"
#include "jsonl/members.hpp"
#include "jsonl/number.hpp"
#include "jsonl/string.hpp"

namespace corpusmill::jsonl {

namespace {

class Column {
 public:
  void append(std::string_view json) {
    Kind kind = Kind::none;
    int64_t whole = 0;
    double real = 0;
    switch (json.empty() ? 'n' : json.front()) {
      case 'n': break;
      case 't':
      case 'f':
        kind = Kind::boolean;
        whole = json.front() == 't' ? 1 : 0;
        break;
      case '"': {
        kind = Kind::string;
        const auto text = unescaped(json.substr(1, json.size() - 2), scratch_);
        values_.text.insert(values_.text.end(), text.begin(), text.end());
        break;
      }
      case '[':
      case '{': kind = Kind::nested; break;
      default:
        if (is_whole(json, whole)) {
          kind = Kind::whole;
        } else {
          kind = Kind::real;
          real = number_value(json);
        }
    }
    values_.kind.push_back(static_cast<uint8_t>(kind));
    values_.whole.push_back(whole);
    values_.real.push_back(real);
    values_.offsets.push_back(static_cast<int64_t>(values_.text.size()));
  }

  TypedValues finish() { return std::move(values_); }

 private:
  static bool is_whole(std::string_view json, int64_t& value) {
    const char* end = json.data() + json.size();
    const auto [stop, error] = std::from_chars(json.data(), end, value);
    return error == std::errc() && stop == end;
  }

  TypedValues values_;
  std::vector<uint8_t> scratch_;
};

/// The first names of the paths, each once, and which of them each path begins with.
struct Heads {
  explicit Heads(const std::vector<Path>& paths) {
    for (const Path& path : paths) {
      if (path.empty()) throw std::invalid_argument("paths: expected at least one name in each");
      const auto known = std::find(names.begin(), names.end(), path.front());
      of_path.push_back(static_cast<size_t>(known - names.begin()));
      if (known == names.end()) names.push_back(path.front());
    }
  }

  std::vector<std::string> names;
  std::vector<size_t> of_path;
};

/// Steps into objects, a name at a time; empty where there is no such member.
class Descent {
 public:
  explicit Descent(const Path& path) {
    for (size_t i = 1; i < path.size(); ++i) levels_.push_back(MemberFinder({path[i]}));
  }

  std::string_view value(std::string_view json) {
    for (MemberFinder& level : levels_) {
      std::string_view inside;
      if (!level.find(json, {&inside, 1})) return {};
      json = inside;
    }
    return json;
  }

 private:
  std::vector<MemberFinder> levels_;
};

}  // namespace

std::vector<TypedValues> read_values(std::string_view block, std::span<const int64_t> offsets,
                                     std::span<const int64_t> lengths,
                                     const std::vector<Path>& paths) {
  const Heads heads(paths);
  MemberFinder finder(heads.names);
  std::vector<std::string_view> found(heads.names.size());
  std::vector<Descent> descents(paths.begin(), paths.end());
  std::vector<Column> columns(paths.size());
  for (size_t i = 0; i < offsets.size(); ++i) {
    if (!finder.find(line_at(block, offsets[i], lengths[i]), found)) {
      throw std::invalid_argument("line " + std::to_string(i) + " is no object");
    }
    for (size_t j = 0; j < paths.size(); ++j) {
      columns[j].append(descents[j].value(found[heads.of_path[j]]));
    }
  }
  std::vector<TypedValues> out;
  out.reserve(columns.size());
  for (Column& column : columns) out.push_back(column.finish());
  return out;
}

}  // namespace corpusmill::jsonl
