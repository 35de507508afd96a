// tokenizer: unpack, drop the lock, one core call, wrap.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "bind/areas.hpp"
#include "bind/arrow.hpp"
#include "bind/tokenizer_families.hpp"
#include "tokenizer/byte_bpe.hpp"
#include "tokenizer/encode.hpp"
#include "tokenizer/offsets.hpp"
#include "tokenizer/special_counts.hpp"

namespace corpusmill::bind {

namespace {

using tokenizer::Bpe;
using tokenizer::ByteBpe;
using tokenizer::Tokenizer;
using tokenizer::Vocabulary;

template <class Id>
py::tuple encode(Tokenizer& tokenizer, const py::sequence& chunks, const Input<uint8_t>& allowed,
                 size_t max_tokens, int threads) {
  const ImportedColumn docs(chunks);
  const auto who = as_span(allowed);
  auto all = unlocked(
      [&] { return tokenizer::encode<Id>(tokenizer, docs.column(), threads, who, max_tokens); });
  return py::make_tuple(export_vector(std::move(all.offsets)), export_growing(std::move(all.ids)));
}

py::array_t<int64_t> count(Tokenizer& tokenizer, const py::sequence& chunks,
                           const Input<uint8_t>& allowed, int threads) {
  const ImportedColumn docs(chunks);
  const auto who = as_span(allowed);
  return export_vector(
      unlocked([&] { return tokenizer::count(tokenizer, docs.column(), threads, who); }));
}

template <class Id>
py::tuple offsets(Tokenizer& tokenizer, const py::sequence& chunks, const Input<uint8_t>& allowed,
                  int threads) {
  const ImportedColumn docs(chunks);
  const auto who = as_span(allowed);
  auto all =
      unlocked([&] { return tokenizer::find_offsets<Id>(tokenizer, docs.column(), who, threads); });
  return py::make_tuple(export_vector(std::move(all.offsets)), export_growing(std::move(all.ids)),
                        export_growing(std::move(all.begins)), export_growing(std::move(all.ends)));
}

py::tuple special_counts(const Tokenizer& tokenizer, const py::sequence& chunks,
                         const Input<uint8_t>& allowed, int threads) {
  const ImportedColumn docs(chunks);
  const auto who = as_span(allowed);
  auto all =
      unlocked([&] { return tokenizer::special_counts(tokenizer, docs.column(), who, threads); });
  return py::make_tuple(export_vector(std::move(all.offsets)), export_vector(std::move(all.tokens)),
                        export_vector(std::move(all.counts)));
}

py::tuple decode(const Tokenizer& tokenizer, const py::sequence& chunks, uint8_t token_bytes,
                 bool token_signed) {
  const ImportedColumn ids(chunks);
  auto all = unlocked(
      [&] { return tokenizer::decode(tokenizer, ids.column(), {token_bytes, token_signed}); });
  return py::make_tuple(export_vector(std::move(all.offsets)), export_vector(std::move(all.bytes)));
}

/// Each a tuple of the fields of AddedToken before its number. Once, before the tokenizer is used.
void add_tokens(Tokenizer& tokenizer, const py::sequence& tokens) {
  std::vector<tokenizer::AddedToken> all;
  all.reserve(tokens.size());
  for (const py::handle item : tokens) {
    const auto token = item.cast<py::tuple>();
    all.push_back({token[0].cast<std::string>(), token[1].cast<uint32_t>(), token[2].cast<bool>(),
                   token[3].cast<bool>(), token[4].cast<bool>(),
                   token[5].cast<tokenizer::AddedToken::Stage>(), static_cast<uint32_t>(all.size()),
                   token[6].cast<bool>()});
  }
  tokenizer.added = tokenizer::AddedTokens(std::move(all), *tokenizer.model);
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
      .value("qwen35", Pattern::qwen35)
      .value("o200k", Pattern::o200k)
      .value("tekken", Pattern::tekken)
      .value("deepseek", Pattern::deepseek)
      .value("lines", Pattern::lines)
      .value("superbpe", Pattern::superbpe)
      .value("thousands", Pattern::thousands)
      .value("superbpe128k", Pattern::superbpe128k);
  using Stage = tokenizer::AddedToken::Stage;
  py::enum_<Stage>(m, "Stage")
      .value("first", Stage::first)
      .value("second", Stage::second)
      .value("normalized", Stage::normalized)
      .value("never", Stage::never);
  using tokenizer::Change;
  py::enum_<Change>(m, "Change")
      .value("none", Change::none)
      .value("blank", Change::blank)
      .value("nfc", Change::nfc)
      .value("nfd", Change::nfd)
      .value("nfkc", Change::nfkc)
      .value("nfkd", Change::nfkd);
  py::class_<Tokenizer>(m, "Tokenizer")
      .def("encode16", &encode<uint16_t>)
      .def("encode32", &encode<uint32_t>)
      .def("count", &count)
      .def("offsets16", &offsets<uint16_t>)
      .def("offsets32", &offsets<uint32_t>)
      .def("special_counts", &special_counts)
      .def("decode", &decode)
      .def("add_tokens", &add_tokens);
  m.def("byte_bpe", [](const Input<uint8_t>& bytes, const Input<int64_t>& offsets, Pattern pattern,
                       size_t cache_bytes) {
    const auto tokens = as_bytes(bytes);
    const auto begins = as_span(offsets);
    return unlocked([&] {
      auto model = std::make_unique<ByteBpe>(Bpe(Vocabulary(tokens, begins)), pattern);
      return std::make_unique<Tokenizer>(std::move(model), cache_bytes);
    });
  });
  m.def("merged_bpe", [](const Input<uint8_t>& bytes, const Input<int64_t>& offsets,
                         const Input<uint32_t>& merges, bool whole_pieces, Pattern pattern,
                         Change change, size_t cache_bytes) {
    using Pair = std::array<uint32_t, 2>;
    const auto tokens = as_bytes(bytes);
    const auto begins = as_span(offsets);
    const std::span<const Pair> pairs(reinterpret_cast<const Pair*>(merges.data()),
                                      static_cast<size_t>(merges.size()) / 2);
    return unlocked([&] {
      Bpe bpe(Vocabulary(tokens, begins), pairs, whole_pieces);
      auto model = std::make_unique<ByteBpe>(std::move(bpe), pattern, change);
      return std::make_unique<Tokenizer>(std::move(model), cache_bytes);
    });
  });
  register_tokenizer_wordpiece(m);
  register_tokenizer_pieces(m);
}

}  // namespace corpusmill::bind
