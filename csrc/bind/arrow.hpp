// arrow: the one file that knows both Python and Arrow. Columns come in as capsules of the C data
// interface, are checked here and seen in place; results leave as NumPy arrays that own their
// vector, which Python wraps as Arrow buffers.
#pragma once
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/growing.hpp"
#include "core/strings.hpp"

namespace corpusmill::bind {

namespace py = pybind11;

/// A chunked string column held by its capsules: a sequence of (schema, array) capsule pairs. The
/// view is good for as long as this object lives.
class ImportedColumn {
 public:
  explicit ImportedColumn(const py::sequence& chunks);
  const Column& column() const { return *column_; }

 private:
  Strings import(const ArrowSchema& schema, const ArrowArray& array);

  py::tuple owner_;
  std::deque<Strings> dictionaries_;
  std::unique_ptr<Column> column_;
};

/// Runs core code without the interpreter lock and hands its result out.
template <class Work>
auto unlocked(Work&& work) {
  const py::gil_scoped_release release;
  return work();
}

/// The vector becomes the array's memory, seen as values of type As; nothing is copied.
template <class As, class T, class Allocator>
py::array_t<As> export_as(std::vector<T, Allocator>&& values) {
  using Values = std::vector<T, Allocator>;
  static_assert(sizeof(T) % sizeof(As) == 0);
  auto owner = std::make_unique<Values>(std::move(values));
  const py::capsule release(owner.get(), [](void* p) { delete static_cast<Values*>(p); });
  const auto size = static_cast<py::ssize_t>(owner->size() * (sizeof(T) / sizeof(As)));
  const auto* data = reinterpret_cast<const As*>(owner.release()->data());
  return py::array_t<As>(size, data, release);
}

template <class T, class Allocator>
py::array_t<T> export_vector(std::vector<T, Allocator>&& values) {
  return export_as<T>(std::move(values));
}

template <class T>
py::array_t<T> export_growing(Growing<T>&& values) {
  auto owner = std::make_unique<Growing<T>>(std::move(values));
  const py::capsule release(owner.get(), [](void* p) { delete static_cast<Growing<T>*>(p); });
  const std::span<const T> view = owner.release()->view();
  return py::array_t<T>(static_cast<py::ssize_t>(view.size()), view.data(), release);
}

/// A contiguous NumPy array of this type, read in place; another type is converted, which copies.
template <class T>
using Input = py::array_t<T, py::array::c_style>;

template <class T>
std::span<const T> as_span(const Input<T>& values) {
  return {values.data(), static_cast<size_t>(values.size())};
}

}  // namespace corpusmill::bind
