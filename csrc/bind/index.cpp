// index: unpack, drop the lock, one core call, wrap. Segments are pairs of arrays that Python
// holds.
#include <pybind11/stl.h>

#include <optional>
#include <utility>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "dedup/index_file.hpp"
#include "dedup/index_query.hpp"

namespace corpusmill::bind {

namespace {

using dedup::Bands;
using dedup::IndexFile;
using dedup::IndexOptions;
using dedup::IndexSection;
using dedup::IndexWriter;
using dedup::Signatures;

/// The arrays behind a sequence, held, and what is seen of them.
class HeldSignatures {
 public:
  HeldSignatures(const py::sequence& arrays, size_t num_hashes) {
    for (const py::handle array : arrays) {
      held_.push_back(py::cast<Input<uint32_t>>(array));
      views_.push_back({as_span(held_.back()), num_hashes});
    }
  }
  std::span<const Signatures> views() const { return views_; }

 private:
  std::vector<Input<uint32_t>> held_;
  std::vector<Signatures> views_;
};

/// A view of bytes that `owner` keeps; read-only.
py::array_t<uint8_t> borrow(std::span<const std::byte> bytes, const py::object& owner) {
  py::array_t<uint8_t> view(static_cast<py::ssize_t>(bytes.size()),
                            reinterpret_cast<const uint8_t*>(bytes.data()), owner);
  view.attr("setflags")(py::arg("write") = false);
  return view;
}

py::tuple query(const py::sequence& slots, const py::sequence& tables, const Input<uint32_t>& docs,
                size_t num_hashes, Bands bands, double threshold, bool verify,
                dedup::Matches matches, size_t max_comparisons, size_t resident, int threads) {
  const HeldSignatures held(slots, num_hashes);
  std::vector<Input<uint8_t>> held_tables;
  std::vector<dedup::IndexSegment> segments;
  for (const Signatures& signatures : held.views()) {
    held_tables.push_back(py::cast<Input<uint8_t>>(tables[segments.size()]));
    segments.push_back({signatures, reinterpret_cast<const std::byte*>(held_tables.back().data())});
  }
  auto out = unlocked([&] {
    return dedup::query_index(segments, {as_span(docs), num_hashes},
                              {bands, threshold, verify, matches, max_comparisons, resident},
                              threads);
  });
  return py::make_tuple(export_vector(std::move(out.query)), export_vector(std::move(out.match)),
                        export_vector(std::move(out.similarity)));
}

void register_search(py::module_& m) {
  py::enum_<dedup::Matches>(m, "Matches")
      .value("first", dedup::Matches::first)
      .value("best", dedup::Matches::best)
      .value("all", dedup::Matches::all);
  m.def("index_tables", [](const Input<uint32_t>& slots, size_t num_hashes, size_t bands,
                           size_t rows, int threads) {
    return export_as<uint8_t>(unlocked([&] {
      const Signatures signatures{as_span(slots), num_hashes};
      return dedup::build_tables(signatures, {bands, rows}, threads);
    }));
  });
  m.def("index_query", [](const py::sequence& slots, const py::sequence& tables,
                          const Input<uint32_t>& docs, size_t num_hashes, size_t bands, size_t rows,
                          double threshold, bool verify, dedup::Matches matches,
                          size_t max_comparisons, std::optional<size_t> resident, int threads) {
    return query(slots, tables, docs, num_hashes, {bands, rows}, threshold, verify, matches,
                 max_comparisons, resident.value_or(dedup::Footprint::unlimited), threads);
  });
}

void register_files(py::module_& m) {
  py::enum_<IndexSection>(m, "IndexSection")
      .value("signatures", IndexSection::signatures)
      .value("tables", IndexSection::tables)
      .value("cluster_sizes", IndexSection::cluster_sizes)
      .value("id_offsets", IndexSection::id_offsets)
      .value("id_bytes", IndexSection::id_bytes)
      .value("id_validity", IndexSection::id_validity);
  py::class_<IndexWriter>(m, "IndexWriter")
      .def(py::init([](std::string path, uint32_t n, ngram::Unit unit, uint32_t num_hashes,
                       uint64_t seed, double threshold, uint32_t bands, uint32_t rows) {
        const IndexOptions options{
            n, static_cast<uint32_t>(unit), num_hashes, bands, rows, 0, seed, threshold};
        return std::make_unique<IndexWriter>(std::move(path), options);
      }))
      .def("append",
           [](IndexWriter& self, IndexSection section, const Input<uint8_t>& bytes) {
             const py::gil_scoped_release release;
             self.append(section, std::as_bytes(as_span(bytes)));
           })
      .def("append_tables",
           [](IndexWriter& self, std::string folder, size_t memory, int threads) {
             const py::gil_scoped_release release;
             self.append_tables({std::move(folder), memory}, threads);
           })
      .def("finish", &IndexWriter::finish, py::call_guard<py::gil_scoped_release>());
  py::class_<IndexFile>(m, "IndexFile")
      .def(py::init<std::string>())
      .def("verify", &IndexFile::verify, py::call_guard<py::gil_scoped_release>())
      .def("options",
           [](const IndexFile& self) {
             const IndexOptions& o = self.header().options;
             return py::make_tuple(o.n, static_cast<ngram::Unit>(o.unit), o.num_hashes, o.seed,
                                   o.threshold, o.bands, o.rows);
           })
      .def("let_go", &IndexFile::let_go)
      .def("num_entries", [](const IndexFile& self) { return self.header().num_entries; })
      .def("identity",
           [](const IndexFile& self) {
             return py::make_tuple(self.identity().low, self.identity().high);
           })
      .def("section", [](const py::object& self, IndexSection section) {
        return borrow(py::cast<const IndexFile&>(self).section(section), self);
      });
}

}  // namespace

void register_index(py::module_& m) {
  register_search(m);
  register_files(m);
}

}  // namespace corpusmill::bind
