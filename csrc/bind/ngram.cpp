// ngram: unpack, drop the lock, one core call, wrap.
#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "ngram/shingles.hpp"

namespace corpusmill::bind {

void register_ngram(py::module_& m) {
  py::enum_<ngram::Unit>(m, "Unit")
      .value("word", ngram::Unit::word)
      .value("char", ngram::Unit::character)
      .value("byte", ngram::Unit::byte)
      .value("token", ngram::Unit::token);
  py::class_<ngram::ShingleOptions>(m, "ShingleOptions")
      .def(py::init([](size_t n, ngram::Unit unit, uint8_t token_bytes, bool token_signed) {
             return ngram::ShingleOptions{n, unit, {token_bytes, token_signed}};
           }),
           py::arg("n"), py::arg("unit"), py::arg("token_bytes") = 0,
           py::arg("token_signed") = false);
  m.def("hashes",
        [](const py::sequence& chunks, const ngram::ShingleOptions& options, int threads) {
          const ImportedColumn docs(chunks);
          auto lists = unlocked([&] { return ngram::hashes(docs.column(), options, threads); });
          return py::make_tuple(export_vector(std::move(lists.offsets)),
                                export_vector(std::move(lists.values)));
        });
}

}  // namespace corpusmill::bind
