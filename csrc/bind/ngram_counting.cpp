// ngram_counting: unpack, drop the lock, one core call, wrap.
#include <pybind11/stl.h>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "ngram/counting.hpp"

namespace corpusmill::bind {

namespace {

using ngram::GramCounter;

py::tuple export_grams(ngram::Grams&& grams) {
  return py::make_tuple(
      export_vector(std::move(grams.texts.offsets)), export_vector(std::move(grams.texts.data)),
      export_vector(std::move(grams.counts)), export_vector(std::move(grams.scores)));
}

void register_gram_counter(py::module_& m) {
  py::class_<GramCounter>(m, "GramCounter")
      .def(py::init([](std::vector<size_t> orders, ngram::Unit unit, size_t expected_bytes,
                       std::string folder, size_t memory, int threads) {
        return std::make_unique<GramCounter>(
            ngram::CountOptions{
                std::move(orders), unit, expected_bytes, {std::move(folder), memory}},
            threads);
      }))
      .def("add",
           [](GramCounter& self, const py::sequence& chunks) {
             const ImportedColumn docs(chunks);
             const py::gil_scoped_release release;
             self.add(docs.column());
           })
      .def("total", &GramCounter::total)
      .def("num_parts", &GramCounter::num_parts)
      .def("part",
           [](const GramCounter& self, size_t order, size_t part, uint64_t min_count) {
             return export_grams(unlocked([&] { return self.part(order, part, min_count); }));
           })
      .def("all",
           [](const GramCounter& self, size_t order, uint64_t min_count) {
             return export_grams(unlocked([&] { return self.all(order, min_count); }));
           })
      .def("top",
           [](const GramCounter& self, size_t order, size_t k, uint64_t min_count) {
             return export_grams(unlocked([&] { return self.top(order, k, min_count); }));
           })
      .def("lexicon", [](const GramCounter& self, size_t order, size_t k, uint64_t min_count) {
        return export_grams(unlocked([&] { return self.lexicon(order, k, min_count); }));
      });
}

}  // namespace

void register_ngram_counting(py::module_& m) { register_gram_counter(m); }

}  // namespace corpusmill::bind
