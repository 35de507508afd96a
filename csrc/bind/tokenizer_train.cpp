// tokenizer_train: unpack, drop the lock, one core call, wrap.
#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "tokenizer/byte_bpe.hpp"
#include "tokenizer/encode.hpp"
#include "tokenizer/train.hpp"
#include "tokenizer/used_merges.hpp"

namespace corpusmill::bind {

namespace {

using tokenizer::Bpe;
using tokenizer::ByteBpe;
using tokenizer::PieceCounter;
using tokenizer::Tokenizer;
using tokenizer::Vocabulary;

using Merges = std::vector<std::array<uint32_t, 2>>;

/// Two numbers a merge.
py::array_t<uint32_t> export_merges(Merges&& merges) {
  return export_as<uint32_t>(std::move(merges));
}

Vocabulary vocabulary_of(const Input<uint8_t>& bytes, const Input<int64_t>& offsets) {
  return {{reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(bytes.size())},
          as_span(offsets)};
}

const ByteBpe& byte_bpe_of(const Tokenizer& tokenizer) {
  const auto* const model = dynamic_cast<const ByteBpe*>(tokenizer.model.get());
  if (model == nullptr) throw py::type_error("this is no byte-level BPE");
  return *model;
}

}  // namespace

void register_tokenizer_train(py::module_& m) {
  py::class_<PieceCounter>(m, "PieceCounter")
      .def(py::init([](const Tokenizer& tokenizer) {
             return std::make_unique<PieceCounter>(*tokenizer.model);
           }),
           py::keep_alive<1, 2>())
      .def("add",
           [](PieceCounter& self, const py::sequence& chunks, int threads) {
             const ImportedColumn docs(chunks);
             const py::gil_scoped_release release;
             self.add(docs.column(), threads);
           })
      .def_property_readonly("size", &PieceCounter::size)
      .def_property_readonly("num_bytes", &PieceCounter::num_bytes);
  m.def("train", [](const Tokenizer& base, const PieceCounter& pieces, const Input<uint8_t>& taken,
                    const Input<int64_t>& taken_offsets, size_t num_merges, uint64_t min_count,
                    size_t longest, uint32_t first_id) {
    const ByteBpe& model = byte_bpe_of(base);
    return export_merges(unlocked([&] {
      return tokenizer::train(model, pieces, vocabulary_of(taken, taken_offsets),
                              {num_merges, min_count, longest, first_id});
    }));
  });
  m.def("bpe_parts", [](const Tokenizer& tokenizer) {
    const ByteBpe& model = byte_bpe_of(tokenizer);
    const Bpe& bpe = model.bpe();
    const auto bytes = bpe.vocabulary().bytes();
    const auto offsets = bpe.vocabulary().offsets();
    Merges merges = unlocked([&] { return tokenizer::used_merges(bpe); });
    return py::make_tuple(py::bytes(bytes.data(), bytes.size()),
                          export_vector(std::vector<uint64_t>(offsets.begin(), offsets.end())),
                          export_merges(std::move(merges)), bpe.whole_pieces(), model.change());
  });
}

}  // namespace corpusmill::bind
