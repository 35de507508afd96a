// dedup: unpack, drop the lock, one core call, wrap.
#include <pybind11/stl.h>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "dedup/clusters.hpp"
#include "dedup/contents.hpp"
#include "dedup/decide.hpp"
#include "dedup/lsh.hpp"
#include "dedup/signature.hpp"
#include "dedup/sketch.hpp"

namespace corpusmill::bind {

namespace {

using dedup::Decider;
using dedup::SignatureOptions;

std::span<const Hash128> as_hashes(const Input<uint64_t>& words) {
  return {reinterpret_cast<const Hash128*>(words.data()), static_cast<size_t>(words.size() / 2)};
}

void register_signatures(py::module_& m) {
  py::class_<SignatureOptions>(m, "SignatureOptions")
      .def(py::init([](const ngram::ShingleOptions& shingles, size_t num_hashes, uint64_t seed) {
        return SignatureOptions{shingles, num_hashes, seed};
      }));
  m.def("signatures", [](const py::sequence& chunks, const SignatureOptions& options, int threads) {
    const ImportedColumn docs(chunks);
    return export_vector(
        unlocked([&] { return dedup::signatures(docs.column(), options, threads); }));
  });
  m.def("signatures_of_hashes", [](const Input<int64_t>& offsets, const Input<uint64_t>& values,
                                   size_t num_hashes, uint64_t seed, int threads) {
    return export_vector(unlocked([&] {
      return dedup::signatures(as_span(offsets), as_span(values), num_hashes, seed, threads);
    }));
  });
  m.def("content_hashes", [](const py::sequence& chunks, int threads) {
    const ImportedColumn docs(chunks);
    auto hashes = unlocked([&] { return dedup::content_hashes(docs.column(), threads); });
    return export_as<uint64_t>(std::move(hashes));
  });
  py::enum_<dedup::Same>(m, "Same")
      .value("bytes", dedup::Same::bytes)
      .value("shingles", dedup::Same::shingles);
  m.def("sketch", [](const py::sequence& chunks, const SignatureOptions& options, dedup::Same same,
                     int threads) {
    const ImportedColumn docs(chunks);
    auto out = unlocked([&] { return dedup::sketch(docs.column(), options, same, threads); });
    return py::make_tuple(export_vector(std::move(out.signatures)),
                          export_as<uint64_t>(std::move(out.hashes)));
  });
  m.def("sketch_buckets", [](const py::sequence& chunks, const SignatureOptions& options,
                             size_t bands, size_t band_rows, dedup::Same same, int threads) {
    const ImportedColumn docs(chunks);
    auto out = unlocked(
        [&] { return dedup::sketch(docs.column(), options, {bands, band_rows}, same, threads); });
    return py::make_tuple(export_vector(std::move(out.buckets)),
                          export_as<uint64_t>(std::move(out.hashes)));
  });
}

void register_comparisons(py::module_& m) {
  m.def("similarity", [](const Input<uint32_t>& left, const Input<uint32_t>& right, size_t k) {
    return export_vector(
        unlocked([&] { return dedup::similarity(as_span(left), as_span(right), k); }));
  });
  m.def("jaccard",
        [](const py::sequence& chunks, const Input<int64_t>& left, const Input<int64_t>& right,
           const ngram::ShingleOptions& options, int threads) {
          const ImportedColumn docs(chunks);
          return export_vector(unlocked([&] {
            return dedup::jaccard(docs.column(), as_span(left), as_span(right), options, threads);
          }));
        });
  m.def("buckets", [](const Input<uint32_t>& slots, size_t num_hashes, size_t bands,
                      size_t band_rows, int threads) {
    return export_vector(unlocked(
        [&] { return dedup::buckets({as_span(slots), num_hashes}, {bands, band_rows}, threads); }));
  });
  m.def("pairs", [](const Input<uint32_t>& slots, size_t num_hashes, const Input<uint32_t>& rows,
                    size_t bands, size_t band_rows, double threshold, size_t max_comparisons,
                    int threads) {
    auto out = unlocked([&] {
      return dedup::find_pairs({as_span(slots), num_hashes}, as_span(rows), {bands, band_rows},
                               threshold, max_comparisons, threads);
    });
    return py::make_tuple(export_vector(std::move(out.left)), export_vector(std::move(out.right)),
                          export_vector(std::move(out.similarity)));
  });
  m.def("components", [](const Input<int64_t>& left, const Input<int64_t>& right, size_t rows) {
    return export_vector(
        unlocked([&] { return dedup::components(as_span(left), as_span(right), rows); }));
  });
}

std::unique_ptr<Decider> make_decider(size_t num_rows, const std::optional<Input<int64_t>>& order,
                                      const dedup::DecideOptions& options,
                                      const std::string& folder, std::optional<size_t> memory,
                                      int threads) {
  const auto all = order ? dedup::Order(num_rows, as_span(*order)) : dedup::Order(num_rows);
  return std::make_unique<Decider>(all, options, Room{folder, memory.value_or(SIZE_MAX)}, threads);
}

using RowBlocks = std::vector<std::pair<Input<uint64_t>, Input<uint32_t>>>;
using BucketBlocks = std::vector<std::pair<Input<uint64_t>, Input<uint64_t>>>;

py::tuple decide(Decider& self) {
  auto out = unlocked([&] { return self.decide(); });
  return py::make_tuple(export_vector(std::move(out.row)), export_vector(std::move(out.kept)),
                        export_vector(std::move(out.similarity)),
                        export_vector(std::move(out.same_unit)));
}

py::tuple capped(const Decider& self) {
  py::list buckets;
  for (const auto& b : self.capped_buckets()) {
    buckets.append(py::make_tuple(b.band, b.row, b.units, b.kept));
  }
  return py::make_tuple(self.num_capped_units(), buckets);
}

void register_decider(py::module_& m) {
  py::enum_<dedup::Verify>(m, "Verify")
      .value("exact", dedup::Verify::exact)
      .value("signature", dedup::Verify::signature)
      .value("none", dedup::Verify::none);
  py::class_<dedup::DecideOptions>(m, "DecideOptions")
      .def(py::init([](size_t num_hashes, size_t bands, size_t rows, double threshold,
                       dedup::Verify verify, size_t max_comparisons) {
        return dedup::DecideOptions{num_hashes, {bands, rows}, threshold, verify, max_comparisons};
      }));
  py::class_<Decider>(m, "Decider")
      .def(py::init(&make_decider))
      .def("add_rows",
           [](Decider& self, const RowBlocks& blocks) {
             std::vector<Decider::Rows> rows;
             for (const auto& [hashes, slots] : blocks) {
               rows.push_back({as_hashes(hashes), as_span(slots), {}});
             }
             const py::gil_scoped_release release;
             self.add_rows(rows);
           })
      .def("add_buckets",
           [](Decider& self, const BucketBlocks& blocks) {
             std::vector<Decider::Rows> rows;
             for (const auto& [hashes, buckets] : blocks) {
               rows.push_back({as_hashes(hashes), {}, as_span(buckets)});
             }
             const py::gil_scoped_release release;
             self.add_rows(rows);
           })
      .def("find_candidates",
           [](Decider& self) {
             return export_vector(unlocked([&] { return self.find_candidates(); }));
           })
      .def("add_signatures",
           [](Decider& self, const Input<int64_t>& rows, const Input<int64_t>& picks,
              const Input<uint32_t>& slots) {
             const py::gil_scoped_release release;
             self.add_signatures(as_span(rows), as_span(picks), as_span(slots));
           })
      .def("rows_to_verify",
           [](Decider& self) {
             return export_vector(unlocked([&] { return self.rows_to_verify(); }));
           })
      .def("add_sets",
           [](Decider& self, const Input<int64_t>& rows, const Input<int64_t>& picks,
              const py::sequence& chunks, const ngram::ShingleOptions& options, int threads) {
             const ImportedColumn docs(chunks);
             const py::gil_scoped_release release;
             self.add_sets(as_span(rows), as_span(picks), docs.column(), options, threads);
           })
      .def("decide", &decide)
      .def("capped", &capped);
}

}  // namespace

void register_dedup(py::module_& m) {
  m.attr("signature_version") = dedup::signature_version;
  register_signatures(m);
  register_comparisons(m);
  register_decider(m);
}

}  // namespace corpusmill::bind
