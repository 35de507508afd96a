// passages: unpack, drop the lock, one core call, wrap.
#include "dedup/passages.hpp"

#include <pybind11/stl.h>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"

namespace corpusmill::bind {

namespace {

using dedup::PassageFinder;
using dedup::PassageOptions;

py::tuple export_spans(text::Spans&& found) {
  return py::make_tuple(export_vector(std::move(found.lists)),
                        export_vector(std::move(found.begin)), export_vector(std::move(found.end)));
}

}  // namespace

void register_passages(py::module_& m) {
  m.attr("least_passage_bytes") = PassageOptions::least_bytes;
  py::class_<PassageOptions>(m, "PassageOptions")
      .def(py::init(
          [](size_t min_bytes, bool keep_first) { return PassageOptions{min_bytes, keep_first}; }));
  m.def("passages", [](const py::sequence& chunks, const PassageOptions& options, int threads) {
    const ImportedColumn docs(chunks);
    return export_spans(unlocked([&] { return dedup::passages(docs.column(), options, threads); }));
  });
  py::class_<PassageFinder>(m, "PassageFinder")
      .def(py::init([](const PassageOptions& options, uint64_t bytes, const std::string& folder,
                       std::optional<size_t> memory, int threads) {
        return std::make_unique<PassageFinder>(options, bytes,
                                               Room{folder, memory.value_or(SIZE_MAX)}, threads);
      }))
      .def("add",
           [](PassageFinder& self, const py::sequence& chunks, uint64_t position, int threads) {
             const ImportedColumn docs(chunks);
             const py::gil_scoped_release release;
             self.add(docs.column(), position, threads);
           })
      .def("end_walk", &PassageFinder::end_walk, py::call_guard<py::gil_scoped_release>())
      .def("wants", &PassageFinder::wants)
      .def("passages", [](const PassageFinder& self, uint64_t position,
                          const Input<int64_t>& lengths, int threads) {
        return export_spans(
            unlocked([&] { return self.passages(position, as_span(lengths), threads); }));
      });
}

}  // namespace corpusmill::bind
