// membership: unpack, drop the lock, one core call, wrap. A filter's own lock lets look-ups go
// together and insertions alone.
#include "ngram/membership.hpp"

#include <memory>
#include <string>
#include <utility>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "dedup/piece_hashes.hpp"
#include "dedup/pieces.hpp"
#include "ngram/bloom_file.hpp"

namespace corpusmill::bind {

namespace {

using dedup::ContentSet;
using ngram::Bloom;
using ngram::BloomOptions;
using ngram::ItemOptions;

using Side = Sides::Side;

/// Runs core code without the interpreter's lock, and with the filter's.
template <class Work>
auto holding(const Bloom& filter, Side side, Work&& work) {
  const py::gil_scoped_release release;
  const Sides::Hold hold(filter.sides(), side);
  return work();
}

template <class Work>
auto looking(const Bloom& filter, Work&& work) {
  return holding(filter, Side::looking, std::forward<Work>(work));
}

py::tuple export_spans(dedup::PieceSpans&& spans) {
  return py::make_tuple(export_vector(std::move(spans.lists)),
                        export_growing(std::move(spans.begin)),
                        export_growing(std::move(spans.end)));
}

void define_looks(py::class_<Bloom>& bloom) {
  bloom
      .def("contains",
           [](const Bloom& self, const py::sequence& chunks, const ItemOptions& options,
              int threads) {
             const ImportedColumn docs(chunks);
             auto found = looking(
                 self, [&] { return ngram::contains(self, docs.column(), options, threads); });
             return py::make_tuple(export_vector(std::move(found.offsets)),
                                   export_vector(std::move(found.values)));
           })
      .def("count_members",
           [](const Bloom& self, const py::sequence& chunks, const ItemOptions& options,
              int threads) {
             const ImportedColumn docs(chunks);
             auto found = looking(
                 self, [&] { return ngram::count_members(self, docs.column(), options, threads); });
             return py::make_tuple(export_vector(std::move(found.items)),
                                   export_vector(std::move(found.members)));
           })
      .def("longest_spans", [](const Bloom& self, const py::sequence& chunks,
                               const ItemOptions& options, int threads) {
        const ImportedColumn docs(chunks);
        auto found = looking(
            self, [&] { return ngram::longest_spans(self, docs.column(), options, threads); });
        return py::make_tuple(export_vector(std::move(found.items)),
                              export_vector(std::move(found.begins)),
                              export_vector(std::move(found.ends)));
      });
}

void define_filter(py::module_& m) {
  py::class_<Bloom> bloom(m, "Bloom");
  bloom.def(py::init<uint64_t>())
      .def("num_blocks", &Bloom::num_blocks)
      .def("nbytes", &Bloom::bytes)
      .def("add",
           [](Bloom& self, const py::sequence& chunks, const ItemOptions& options, int threads) {
             const ImportedColumn docs(chunks);
             holding(self, Side::alone, [&] { self.open(); });
             return holding(self, Side::adding,
                            [&] { return ngram::add(self, docs.column(), options, threads); });
           })
      .def("merge",
           [](Bloom& self, const Bloom& other, int threads) {
             holding(self, Side::alone, [&] {
               const Sides::Hold hold(other.sides(), Side::looking);
               self.merge(other, threads);
             });
           })
      .def("load",
           [](const Bloom& self, int threads) {
             const auto load = looking(self, [&] { return self.load(threads); });
             return py::make_tuple(load.rate, load.items);
           })
      .def("save", [](const Bloom& self, const std::string& path, uint32_t n, uint32_t unit,
                      uint32_t stride, bool squeeze, uint64_t items, double rate, uint64_t added) {
        const BloomOptions options{n, unit, stride, squeeze, items, rate};
        looking(self, [&] { ngram::save_bloom(path, self, options, added); });
      });
  define_looks(bloom);
  m.def("open_bloom", [](const std::string& path, bool verify) {
    auto opened = unlocked([&] { return ngram::open_bloom(path, verify); });
    const BloomOptions& o = opened.header.options;
    return py::make_tuple(py::cast(std::move(opened.filter)),
                          py::make_tuple(o.n, o.unit, o.stride, o.squeeze != 0, o.items, o.rate),
                          opened.header.added);
  });
  m.def("bloom_blocks", &ngram::bloom_blocks);
  m.def("bloom_rate", &ngram::bloom_rate);
}

void define_pieces(py::module_& m) {
  py::enum_<text::Piece>(m, "Piece")
      .value("line", text::Piece::line)
      .value("paragraph", text::Piece::paragraph);
  py::class_<ContentSet>(m, "ContentSet")
      .def(py::init<>())
      .def("size", &ContentSet::size)
      .def("nbytes", &ContentSet::bytes);
  m.def("repeated_pieces", [](const py::sequence& chunks, text::Piece piece, size_t min_bytes,
                              bool keep_first, ContentSet& seen, int threads) {
    const ImportedColumn docs(chunks);
    const dedup::PieceOptions options{piece, min_bytes, keep_first};
    return export_spans(
        unlocked([&] { return dedup::repeated_pieces(docs.column(), options, seen, threads); }));
  });
  m.def("repeated_pieces", [](const py::sequence& chunks, text::Piece piece, size_t min_bytes,
                              bool keep_first, Bloom& seen, int threads) {
    const ImportedColumn docs(chunks);
    const dedup::PieceOptions options{piece, min_bytes, keep_first};
    uint64_t count = 0;
    auto spans = holding(seen, Side::alone, [&] {
      seen.open();
      return dedup::repeated_pieces(docs.column(), options, seen, count, threads);
    });
    return py::make_tuple(export_spans(std::move(spans)), count);
  });
}

/// Pieces travel as four words each, which Python keeps and cuts at pieces.
std::span<const dedup::HashedPiece> as_pieces(const Input<uint64_t>& words) {
  const auto* first = reinterpret_cast<const dedup::HashedPiece*>(words.data());
  return {first, static_cast<size_t>(words.size()) / 4};
}

void define_piece_hashes(py::module_& m) {
  m.def("hash_pieces", [](const py::sequence& chunks, text::Piece piece, size_t min_bytes,
                          bool for_filter) {
    const ImportedColumn docs(chunks);
    auto found =
        unlocked([&] { return dedup::hash_pieces(docs.column(), {piece, min_bytes}, for_filter); });
    return py::make_tuple(export_vector(std::move(found.counts)),
                          export_as<uint64_t>(std::move(found.pieces)));
  });
  m.def("seen_before", [](const Input<uint64_t>& pieces, ContentSet& seen) {
    return export_vector(unlocked([&] { return dedup::seen_before(as_pieces(pieces), seen); }));
  });
  m.def("seen_before", [](const Input<uint64_t>& pieces, Bloom& seen) {
    return export_vector(holding(seen, Side::alone, [&] {
      seen.open();
      return dedup::seen_before(as_pieces(pieces), seen);
    }));
  });
  m.def("seen_in", [](const Input<uint64_t>& pieces, const ContentSet& seen) {
    return export_vector(unlocked([&] { return dedup::seen_in(as_pieces(pieces), seen); }));
  });
  m.def("seen_in", [](const Input<uint64_t>& pieces, const Bloom& seen) {
    return export_vector(looking(seen, [&] { return dedup::seen_in(as_pieces(pieces), seen); }));
  });
}

}  // namespace

void register_membership(py::module_& in_ngram, py::module_& in_dedup) {
  py::enum_<ngram::ItemUnit>(in_ngram, "ItemUnit")
      .value("word", ngram::ItemUnit::word)
      .value("char", ngram::ItemUnit::character)
      .value("byte", ngram::ItemUnit::byte)
      .value("line", ngram::ItemUnit::line)
      .value("paragraph", ngram::ItemUnit::paragraph)
      .value("token", ngram::ItemUnit::token);
  py::class_<ItemOptions>(in_ngram, "ItemOptions")
      .def(py::init([](size_t n, ngram::ItemUnit unit, size_t stride, bool squeeze,
                       uint8_t token_bytes, bool token_signed) {
        return ItemOptions{n, unit, stride, squeeze, {token_bytes, token_signed}};
      }));
  define_filter(in_ngram);
  define_pieces(in_dedup);
  define_piece_hashes(in_dedup);
}

}  // namespace corpusmill::bind
