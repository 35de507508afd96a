// ngram_features: into ngram: unpack, drop the lock, one core call, wrap.
#include <pybind11/stl.h>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "ngram/features.hpp"

namespace corpusmill::bind {

void register_ngram_features(py::module_& m) {
  using ngram::FeatureOptions;
  py::enum_<ngram::Tokenizer>(m, "Tokenizer")
      .value("words", ngram::Tokenizer::words)
      .value("wordpunct", ngram::Tokenizer::wordpunct)
      .value("whitespace", ngram::Tokenizer::whitespace);
  py::enum_<ngram::FeatureHash>(m, "FeatureHash")
      .value("fast", ngram::FeatureHash::fast)
      .value("sha256", ngram::FeatureHash::sha256);
  py::class_<FeatureOptions>(m, "FeatureOptions")
      .def(py::init([](std::vector<size_t> orders, uint32_t buckets, ngram::Unit unit,
                       uint8_t token_bytes, bool token_signed, ngram::Tokenizer tokenizer,
                       ngram::FeatureHash hash) {
        return FeatureOptions{std::move(orders),           buckets,   unit,
                              {token_bytes, token_signed}, tokenizer, hash};
      }));
  m.def("features", [](const py::sequence& chunks, const FeatureOptions& options, int threads) {
    const ImportedColumn docs(chunks);
    auto all = unlocked([&] { return ngram::features(docs.column(), options, threads); });
    return py::make_tuple(export_vector(std::move(all.offsets)),
                          export_growing(std::move(all.bucket)),
                          export_growing(std::move(all.count)));
  });
  m.def("feature_totals",
        [](const py::sequence& chunks, const FeatureOptions& options, int threads) {
          const ImportedColumn docs(chunks);
          return export_vector(
              unlocked([&] { return ngram::feature_totals(docs.column(), options, threads); }));
        });
  m.def("feature_sums", [](const py::sequence& chunks, const FeatureOptions& options,
                           const Input<double>& table, int threads) {
    const ImportedColumn docs(chunks);
    const auto entries = as_span(table);
    auto all =
        unlocked([&] { return ngram::feature_sums(docs.column(), options, entries, threads); });
    return py::make_tuple(export_vector(std::move(all.sum)), export_vector(std::move(all.units)),
                          export_vector(std::move(all.bytes)));
  });
}

}  // namespace corpusmill::bind
