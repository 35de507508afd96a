// tokenizer: unpack, drop the lock, one core call, wrap.
#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "tokenizer/encode.hpp"

namespace corpusmill::bind {

namespace {

using tokenizer::Model;
using tokenizer::Vocabulary;

template <class Id>
py::tuple encode(Model& model, const py::sequence& chunks, int threads) {
  const ImportedColumn docs(chunks);
  auto all = unlocked([&] { return tokenizer::encode<Id>(model, docs.column(), threads); });
  return py::make_tuple(export_vector(std::move(all.offsets)), export_growing(std::move(all.ids)));
}

std::string_view as_bytes(const Input<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(bytes.size())};
}

}  // namespace

void register_tokenizer(py::module_& m) {
  using tokenizer::Pattern;
  m.attr("CATEGORY_VERSION") = py::str(tokenizer::category_version);
  py::enum_<Pattern>(m, "Pattern")
      .value("gpt2", Pattern::gpt2)
      .value("cl100k", Pattern::cl100k)
      .value("llama3", Pattern::llama3)
      .value("qwen2", Pattern::qwen2)
      .value("o200k", Pattern::o200k)
      .value("tekken", Pattern::tekken);
  py::class_<Model>(m, "Model")
      .def(py::init([](const Input<uint8_t>& bytes, const Input<int64_t>& offsets, Pattern pattern,
                       size_t cache_bytes) {
        const auto tokens = as_bytes(bytes);
        const auto begins = as_span(offsets);
        return unlocked([&] {
          return std::make_unique<Model>(Vocabulary(tokens, begins), pattern, cache_bytes);
        });
      }))
      .def("encode16", &encode<uint16_t>)
      .def("encode32", &encode<uint32_t>)
      .def("count",
           [](Model& model, const py::sequence& chunks, int threads) {
             const ImportedColumn docs(chunks);
             return export_vector(
                 unlocked([&] { return tokenizer::count(model, docs.column(), threads); }));
           })
      .def("decode", [](const Model& model, const py::sequence& chunks, uint8_t token_bytes,
                        bool token_signed) {
        const ImportedColumn ids(chunks);
        auto all = unlocked([&] {
          return tokenizer::decode(model.bpe.vocabulary(), ids.column(),
                                   {token_bytes, token_signed});
        });
        return py::make_tuple(export_vector(std::move(all.offsets)),
                              export_vector(std::move(all.bytes)));
      });
}

}  // namespace corpusmill::bind
