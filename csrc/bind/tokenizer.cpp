// tokenizer: unpack, drop the lock, one core call, wrap.
#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "bind/tokenizer_families.hpp"
#include "tokenizer/byte_bpe.hpp"
#include "tokenizer/encode.hpp"

namespace corpusmill::bind {

namespace {

using tokenizer::Bpe;
using tokenizer::ByteBpe;
using tokenizer::Tokenizer;
using tokenizer::Vocabulary;

template <class Id>
py::tuple encode(Tokenizer& tokenizer, const py::sequence& chunks, int threads) {
  const ImportedColumn docs(chunks);
  auto all = unlocked([&] { return tokenizer::encode<Id>(tokenizer, docs.column(), threads); });
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
  py::class_<Tokenizer>(m, "Tokenizer")
      .def("encode16", &encode<uint16_t>)
      .def("encode32", &encode<uint32_t>)
      .def("count",
           [](Tokenizer& tokenizer, const py::sequence& chunks, int threads) {
             const ImportedColumn docs(chunks);
             return export_vector(
                 unlocked([&] { return tokenizer::count(tokenizer, docs.column(), threads); }));
           })
      .def("decode", [](const Tokenizer& tokenizer, const py::sequence& chunks, uint8_t token_bytes,
                        bool token_signed) {
        const ImportedColumn ids(chunks);
        auto all = unlocked([&] {
          return tokenizer::decode(*tokenizer.model, ids.column(), {token_bytes, token_signed});
        });
        return py::make_tuple(export_vector(std::move(all.offsets)),
                              export_vector(std::move(all.bytes)));
      });
  m.def("byte_bpe", [](const Input<uint8_t>& bytes, const Input<int64_t>& offsets, Pattern pattern,
                       size_t cache_bytes) {
    const auto tokens = as_bytes(bytes);
    const auto begins = as_span(offsets);
    return unlocked([&] {
      auto model = std::make_unique<ByteBpe>(Bpe(Vocabulary(tokens, begins)), pattern);
      return std::make_unique<Tokenizer>(std::move(model), cache_bytes);
    });
  });
  register_tokenizer_wordpiece(m);
}

}  // namespace corpusmill::bind
