// append: the text between two closing braces is copied as one.
#include "jsonl/append.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace corpusmill::jsonl {

namespace {

constexpr std::string_view white = " \t\r\n";

std::string_view value_at(const Column& values, size_t row) {
  return values.is_null(row) ? "null" : values[row];
}

Place closing_brace(std::string_view line, size_t start) {
  const size_t last = line.find_last_not_of(white);
  if (last == std::string_view::npos || last == 0 || line[last] != '}') {
    throw std::invalid_argument("lines: one of them does not end in an object");
  }
  const size_t before = line.find_last_not_of(white, last - 1);
  if (before == std::string_view::npos) {
    throw std::invalid_argument("lines: one of them does not hold a whole object");
  }
  // Behind a value that is no object comes no opening brace: this one is the object's own.
  return {start + last, line[before] == '{'};
}

}  // namespace

std::vector<Place> closing_braces(std::string_view lines, size_t count) {
  std::vector<Place> places;
  places.reserve(count);
  size_t start = 0;
  while (start < lines.size() && places.size() <= count) {
    const size_t end = lines.find('\n', start);
    if (end == std::string_view::npos) {
      throw std::invalid_argument("lines: the last one does not end in a newline");
    }
    places.push_back(closing_brace(lines.substr(start, end - start), start));
    start = end + 1;
  }
  if (places.size() != count) {
    throw std::invalid_argument("values: expected one for each line, got " + std::to_string(count));
  }
  return places;
}

size_t appended_size(std::string_view lines, std::span<const Place> places, const NewField& field) {
  size_t size = lines.size() + places.size() * (field.key.size() + 1);
  for (size_t i = 0; i < places.size(); ++i) {
    size += value_at(field.values, i).size() + (places[i].first ? 0 : 1);
  }
  return size;
}

void append_field(std::string_view lines, std::span<const Place> places, const NewField& field,
                  char* out) {
  const auto put = [&out](std::string_view text) { out = std::ranges::copy(text, out).out; };
  size_t done = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    put(lines.substr(done, places[i].at - done));
    done = places[i].at;
    if (!places[i].first) put(",");
    put(field.key);
    put(":");
    put(value_at(field.values, i));
  }
  put(lines.substr(done));
}

}  // namespace corpusmill::jsonl
