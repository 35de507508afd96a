// tokenizer_wordpiece: makes a Tokenizer of the family of BERT.
#include "bind/arrow.hpp"
#include "bind/tokenizer_families.hpp"
#include "tokenizer/encode.hpp"
#include "tokenizer/wordpiece.hpp"

namespace corpusmill::bind {

using tokenizer::BertRules;
using tokenizer::Spellings;
using tokenizer::Tokenizer;
using tokenizer::WordPiece;

namespace {

/// Bytes and where each token begins.
using Tokens = std::pair<Input<uint8_t>, Input<int64_t>>;

Spellings spellings(const Tokens& tokens) {
  const auto& [bytes, offsets] = tokens;
  return {{reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(bytes.size())},
          as_span(offsets)};
}

}  // namespace

void register_tokenizer_wordpiece(py::module_& m) {
  py::class_<BertRules>(m, "BertRules")
      .def(py::init<bool, bool, bool, bool>(), py::arg("clean_text"),
           py::arg("handle_chinese_chars"), py::arg("strip_accents"), py::arg("lowercase"));
  m.def("wordpiece", [](const Tokens& tokens, const Tokens& first, const Tokens& later,
                        const std::string& prefix, uint32_t unknown, uint64_t most_characters,
                        const BertRules& rules, size_t cache_bytes) {
    const Spellings all = spellings(tokens);
    Spellings at_first = spellings(first);
    Spellings behind = spellings(later);
    return unlocked([&] {
      auto model =
          std::make_unique<WordPiece>(all, std::move(at_first), std::move(behind),
                                      WordPiece::Options{prefix, unknown, most_characters, rules});
      return std::make_unique<Tokenizer>(std::move(model), cache_bytes);
    });
  });
}

}  // namespace corpusmill::bind
