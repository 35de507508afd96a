// ngram_contamination: unpack, drop the lock, one core call, wrap.
#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "ngram/contamination.hpp"
#include "ngram/contamination_scan.hpp"

namespace corpusmill::bind {

namespace {

using ngram::ContaminationIndex;
using ngram::ContaminationRule;
using ngram::WordForm;

py::tuple find(const ContaminationIndex& index, const py::sequence& chunks, int threads) {
  const ImportedColumn docs(chunks);
  auto found = unlocked([&] { return ngram::scan(docs.column(), index, threads); });
  return py::make_tuple(
      export_vector(std::move(found.num_ngrams)), export_vector(std::move(found.num_hits)),
      export_vector(std::move(found.lists)), export_vector(std::move(found.text)),
      export_vector(std::move(found.covered)), export_vector(std::move(found.span_lists)),
      export_vector(std::move(found.begin)), export_vector(std::move(found.end)),
      export_vector(std::move(found.seen_text)), export_vector(std::move(found.seen_covered)),
      export_vector(std::move(found.shared)));
}

py::array_t<uint32_t> ngrams_by_document(const ContaminationIndex& index,
                                         const py::sequence& chunks, int threads) {
  const ImportedColumn docs(chunks);
  return export_vector(
      unlocked([&] { return ngram::ngrams_by_document(docs.column(), index, threads); }));
}

void ignore(ContaminationIndex& index, const Input<int64_t>& ngrams) {
  const auto numbers = as_span(ngrams);
  unlocked([&] { index.ignore(numbers); });
}

py::array_t<uint32_t> longest_places(const ContaminationIndex& index,
                                     const Input<int64_t>& ngrams) {
  const auto numbers = as_span(ngrams);
  return export_vector(unlocked([&] { return index.longest_places(numbers); }));
}

py::array_t<uint32_t> copied(std::span<const uint32_t> values) {
  return export_vector(std::vector<uint32_t>(values.begin(), values.end()));
}

}  // namespace

void register_contamination(py::module_& m) {
  py::enum_<WordForm>(m, "WordForm")
      .value("words", WordForm::words)
      .value("zeros", WordForm::zeros)
      .value("ascii", WordForm::ascii)
      .value("janitor", WordForm::janitor);
  py::class_<ContaminationIndex>(m, "ContaminationIndex")
      .def(py::init([](size_t n, size_t min_words, WordForm form, bool joined, double threshold,
                       double quantile) {
        return std::make_unique<ContaminationIndex>(
            ContaminationRule{n, min_words, form, joined, threshold, quantile});
      }))
      .def("add",
           [](ContaminationIndex& self, const py::sequence& chunks) {
             const ImportedColumn texts(chunks);
             unlocked([&] { self.add(texts.column()); });
           })
      .def("build", &ContaminationIndex::build, py::call_guard<py::gil_scoped_release>())
      .def("find", &find)
      .def("ngrams_by_document", &ngrams_by_document)
      .def("ignore", &ignore)
      .def("longest_places", &longest_places)
      .def("num_bytes", &ContaminationIndex::num_bytes)
      .def("num_ngrams", &ContaminationIndex::num_ngrams)
      .def("num_words", [](const ContaminationIndex& self) { return copied(self.num_words()); })
      .def("num_own", [](const ContaminationIndex& self) { return copied(self.num_own()); });
}

}  // namespace corpusmill::bind
