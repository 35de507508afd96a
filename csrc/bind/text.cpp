// text: unpack, drop the lock, one core call, wrap.
#include <pybind11/stl.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "text/characters.hpp"
#include "text/columns.hpp"
#include "text/cut.hpp"
#include "text/unicode_tables.hpp"

namespace corpusmill::bind {

namespace {

text::Form form_named(const std::string& name) {
  constexpr std::array names = {"NFC", "NFD", "NFKC", "NFKD"};  // in the order of Form
  for (size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) return static_cast<text::Form>(i);
  }
  throw py::value_error("form: expected NFC, NFD, NFKC or NFKD, got '" + name + "'");
}

}  // namespace

void register_text(py::module_& m) {
  m.attr("unicode_version") = py::str(text::unicode_version);
  m.attr("script_names") = py::cast(
      std::vector<std::string>(text::script_names, text::script_names + text::num_scripts));
  m.def("counts", [](const py::sequence& chunks, int threads) {
    const ImportedColumn docs(chunks);
    auto counts = unlocked([&] { return text::counts(docs.column(), threads); });
    return py::make_tuple(export_vector(std::move(counts.characters)),
                          export_vector(std::move(counts.words)),
                          export_vector(std::move(counts.letters)));
  });
  m.def("words", [](const py::sequence& chunks, int threads) {
    const ImportedColumn docs(chunks);
    auto words = unlocked([&] { return text::words(docs.column(), threads); });
    return py::make_tuple(export_vector(std::move(words.lists)),
                          export_vector(std::move(words.strings.offsets)),
                          export_vector(std::move(words.strings.data)));
  });
  m.def("word_spans", [](const py::sequence& chunks, int threads) {
    const ImportedColumn docs(chunks);
    auto spans = unlocked([&] { return text::word_spans(docs.column(), threads); });
    return py::make_tuple(export_vector(std::move(spans.lists)),
                          export_vector(std::move(spans.begin)),
                          export_vector(std::move(spans.end)));
  });
  m.def("hold_words",
        [](const py::sequence& chunks, const Input<int64_t>& lists, const Input<int64_t>& begin,
           const Input<int64_t>& end, size_t least, int threads) {
          const ImportedColumn docs(chunks);
          return export_vector(unlocked([&] {
            return text::hold_words(docs.column(), as_span(lists), as_span(begin), as_span(end),
                                    least, threads);
          }));
        });
  m.def("cut", [](const py::sequence& chunks, const Input<int64_t>& lists,
                  const Input<int64_t>& begin, const Input<int64_t>& end) {
    const ImportedColumn docs(chunks);
    const text::SpansView spans{as_span(lists), as_span(begin), as_span(end)};
    auto texts = unlocked([&] { return text::cut(docs.column(), spans); });
    return py::make_tuple(export_vector(std::move(texts.offsets)),
                          export_vector(std::move(texts.data)));
  });
  m.def("widen", [](const py::sequence& chunks, const Input<int64_t>& lists,
                    const Input<int64_t>& begin, const Input<int64_t>& end, size_t before,
                    size_t after, size_t shortest, size_t after_last, size_t shortest_last,
                    bool is_for_all) {
    const ImportedColumn docs(chunks);
    const text::SpansView spans{as_span(lists), as_span(begin), as_span(end)};
    const text::Window window{before, after, shortest, after_last, shortest_last, is_for_all};
    auto wide = unlocked([&] { return text::widen(docs.column(), spans, window); });
    return py::make_tuple(
        export_vector(std::move(wide.spans.lists)), export_vector(std::move(wide.spans.begin)),
        export_vector(std::move(wide.spans.end)), export_vector(std::move(wide.pieces)));
  });
  m.def("well_formed", [](const py::sequence& chunks) {
    const ImportedColumn docs(chunks);
    return export_vector(unlocked([&] { return text::well_formed(docs.column()); }));
  });
  m.def("normalize", [](const py::sequence& chunks, const std::optional<std::string>& form,
                        bool casefold, bool whitespace, int threads) {
    const ImportedColumn docs(chunks);
    text::Normalization options{std::nullopt, casefold, whitespace};
    if (form) options.form = form_named(*form);
    auto texts = unlocked([&] { return text::normalize(docs.column(), options, threads); });
    return py::make_tuple(export_vector(std::move(texts.offsets)),
                          export_vector(std::move(texts.data)));
  });
  m.def("character_offsets", [](const py::sequence& chunks, const Input<int64_t>& lists,
                                const Input<int64_t>& bytes, int threads) {
    const ImportedColumn docs(chunks);
    return export_vector(unlocked([&] {
      return text::character_offsets(docs.column(), as_span(lists), as_span(bytes), threads);
    }));
  });
}

}  // namespace corpusmill::bind
