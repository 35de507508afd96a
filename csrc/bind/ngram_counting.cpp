// ngram_counting: unpack, drop the lock, one core call, wrap.
#include <pybind11/stl.h>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "ngram/counting.hpp"
#include "ngram/term_counts.hpp"

namespace corpusmill::bind {

namespace {

using ngram::GramCounter;

py::tuple export_grams(ngram::Grams&& grams) {
  return py::make_tuple(
      export_growing(std::move(grams.offsets)), export_growing(std::move(grams.texts)),
      export_growing(std::move(grams.counts)), export_vector(std::move(grams.scores)));
}

void register_gram_counter(py::module_& m) {
  py::class_<GramCounter>(m, "GramCounter")
      .def(py::init([](std::vector<size_t> orders, ngram::Unit unit, size_t expected_bytes,
                       std::string folder, size_t memory, int threads, std::string kept_as,
                       uint8_t token_bytes, bool token_signed) {
        return std::make_unique<GramCounter>(ngram::CountOptions{std::move(orders),
                                                                 unit,
                                                                 expected_bytes,
                                                                 {std::move(folder), memory},
                                                                 std::move(kept_as),
                                                                 {token_bytes, token_signed}},
                                             threads);
      }))
      .def("add",
           [](GramCounter& self, const py::sequence& chunks, int threads) {
             const ImportedColumn docs(chunks);
             const py::gil_scoped_release release;
             self.add(docs.column(), threads);
           })
      .def("save",
           [](GramCounter& self) { return export_vector(unlocked([&] { return self.save(); })); })
      .def("sync", &GramCounter::sync, py::call_guard<py::gil_scoped_release>())
      .def("go_on",
           [](GramCounter& self, const Input<uint64_t>& saved) {
             return unlocked([&] { return self.go_on(as_span(saved)); });
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
      .def("unit_counts",
           [](const GramCounter& self) {
             return export_vector(unlocked([&] { return self.unit_counts(); }));
           })
      .def("top",
           [](const GramCounter& self, size_t order, size_t k, uint64_t min_count,
              size_t first_part, size_t end_part, double least) {
             const GramCounter::Wanted wanted{k, min_count, first_part, end_part, least};
             return export_grams(unlocked([&] { return self.top(order, wanted); }));
           })
      .def("lexicon", [](const GramCounter& self, size_t order, size_t k, uint64_t min_count,
                         size_t first_part, size_t end_part, double least,
                         const Input<uint64_t>& units) {
        const GramCounter::Wanted wanted{k, min_count, first_part, end_part, least};
        return export_grams(unlocked([&] { return self.lexicon(order, wanted, as_span(units)); }));
      });
  py::class_<ngram::BestGrams>(m, "BestGrams")
      .def(py::init<size_t>())
      .def("least", &ngram::BestGrams::least)
      .def("add",
           [](ngram::BestGrams& self, const Input<int64_t>& offsets, const Input<uint8_t>& texts,
              const Input<int64_t>& counts, const Input<double>& scores) {
             const ngram::GramsView view{as_span(offsets), as_span(texts), as_span(counts),
                                         as_span(scores)};
             const py::gil_scoped_release release;
             self.add(view);
           })
      .def("grams", [](ngram::BestGrams& self) {
        return export_grams(unlocked([&] { return self.grams(); }));
      });
}

py::tuple export_rows(ngram::TermRows&& rows) {
  py::list counts;
  for (auto& of_kind : rows.counts) counts.append(export_vector(std::move(of_kind)));
  return py::make_tuple(export_vector(std::move(rows.row)), export_vector(std::move(rows.what)),
                        counts);
}

py::tuple export_counts(ngram::TermCounts&& counts) {
  py::list windows;
  for (auto& window : counts.pair_windows) windows.append(export_vector(std::move(window)));
  return py::make_tuple(py::make_tuple(export_vector(std::move(counts.occurrences)),
                                       export_vector(std::move(counts.documents)),
                                       export_vector(std::move(counts.paragraphs))),
                        py::make_tuple(export_vector(std::move(counts.pair_documents)),
                                       export_vector(std::move(counts.pair_paragraphs)), windows));
}

std::span<const ngram::TermPair> as_pairs(const Input<uint32_t>& numbers) {
  return {reinterpret_cast<const ngram::TermPair*>(numbers.data()),
          static_cast<size_t>(numbers.size() / 2)};
}

void register_terms(py::module_& m) {
  py::class_<ngram::Terms>(m, "Terms")
      .def(py::init(
          [](const py::sequence& forms, const Input<uint32_t>& term_of, bool words, bool cased) {
            const ImportedColumn column(forms);
            return unlocked([&] {
              return std::make_unique<ngram::Terms>(column.column(), as_span(term_of),
                                                    ngram::TermOptions{words, cased});
            });
          }));
  py::class_<ngram::TermCounter>(m, "TermCounter")
      .def(py::init([](const ngram::Terms& terms, const Input<uint32_t>& pairs,
                       std::vector<uint64_t> windows, bool rows, int threads) {
             const auto view = as_pairs(pairs);
             return std::make_unique<ngram::TermCounter>(
                 terms,
                 ngram::TermCountOptions{{view.begin(), view.end()}, std::move(windows), rows},
                 threads);
           }),
           py::keep_alive<1, 2>())
      .def("add",
           [](ngram::TermCounter& self, const py::sequence& chunks, int threads) {
             const ImportedColumn docs(chunks);
             auto listed = unlocked([&] { return self.add(docs.column(), threads); });
             return py::make_tuple(export_rows(std::move(listed.terms)),
                                   export_rows(std::move(listed.pairs)));
           })
      .def("counts", [](const ngram::TermCounter& self) {
        return export_counts(unlocked([&] { return self.counts(); }));
      });
}

}  // namespace

void register_ngram_counting(py::module_& m) {
  register_gram_counter(m);
  register_terms(m);
}

}  // namespace corpusmill::bind
