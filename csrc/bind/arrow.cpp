// arrow: reads Arrow's format strings and builds the views. Ownership stays with the capsules.
#include "bind/arrow.hpp"

#include <string_view>

namespace corpusmill::bind {

namespace {

template <class T>
const T& from_capsule(const py::handle& object, const char* name) {
  const auto* held = static_cast<const T*>(PyCapsule_GetPointer(object.ptr(), name));
  if (held == nullptr) throw py::error_already_set();
  return *held;
}

Strings::Layout layout_of(std::string_view format) {
  using Layout = Strings::Layout;
  if (format == "u") return Layout::offsets32;
  if (format == "U") return Layout::offsets64;
  if (format == "vu") return Layout::views;
  if (format == "c" || format == "C") return Layout::indices8;
  if (format == "s" || format == "S") return Layout::indices16;
  if (format == "i" || format == "I") return Layout::indices32;
  if (format == "l" || format == "L") return Layout::indices64;
  if (format == "+l") return Layout::lists32;
  if (format == "+L") return Layout::lists64;
  if (format.starts_with("+w:")) return Layout::lists_of_one_size;
  throw py::type_error("expected a string column, got Arrow format '" + std::string(format) + "'");
}

size_t bytes_of(std::string_view integer) {
  if (integer == "c" || integer == "C") return 1;
  if (integer == "s" || integer == "S") return 2;
  if (integer == "i" || integer == "I") return 4;
  if (integer == "l" || integer == "L") return 8;
  throw py::type_error("expected lists of integers, got items of Arrow format '" +
                       std::string(integer) + "'");
}

Strings lists(const ArrowSchema& schema, const ArrowArray& array, Strings::Layout layout) {
  const std::string_view format = schema.format;
  const bool one_size = layout == Strings::Layout::lists_of_one_size;
  const size_t num_items = one_size ? std::stoul(std::string(format.substr(3))) : 0;
  return {array, layout, bytes_of(schema.children[0]->format), num_items};
}

}  // namespace

Strings ImportedColumn::import(const ArrowSchema& schema, const ArrowArray& array) {
  const auto layout = layout_of(schema.format);
  if (layout >= Strings::Layout::lists32) return lists(schema, array, layout);
  const bool indices = layout >= Strings::Layout::indices8;
  if (indices != (schema.dictionary != nullptr)) {
    throw py::type_error("expected a string column, got Arrow format '" +
                         std::string(schema.format) + "'");
  }
  if (!indices) return {array, layout};
  dictionaries_.push_back(import(*schema.dictionary, *array.dictionary));
  return {array, layout, &dictionaries_.back()};
}

ImportedColumn::ImportedColumn(const py::sequence& chunks) : owner_(py::tuple(chunks)) {
  std::vector<Strings> views;
  for (const py::handle chunk : owner_) {
    const auto pair = py::cast<py::tuple>(chunk);
    views.push_back(import(from_capsule<ArrowSchema>(pair[0], "arrow_schema"),
                           from_capsule<ArrowArray>(pair[1], "arrow_array")));
  }
  column_ = std::make_unique<Column>(std::move(views));
}

}  // namespace corpusmill::bind
