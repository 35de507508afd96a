// tokenizer_pieces: makes a Tokenizer of what a tokenizer.json says of pieces, by merges or scores.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bind/arrow.hpp"
#include "bind/tokenizer_families.hpp"
#include "tokenizer/encode.hpp"
#include "tokenizer/spelled_pieces.hpp"
#include "tokenizer/written_pieces.hpp"

namespace corpusmill::bind {

using tokenizer::Model;
using tokenizer::PieceSpelling;
using tokenizer::SpelledPieces;
using tokenizer::Spellings;
using tokenizer::TextRule;
using tokenizer::TextRules;
using tokenizer::Tokenizer;
using tokenizer::WrittenMerge;

namespace {

/// Bytes and where each token begins.
using Tokens = std::pair<Input<uint8_t>, Input<int64_t>>;

Spellings spellings(const Tokens& tokens) {
  const auto& [bytes, offsets] = tokens;
  return {{reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(bytes.size())},
          as_span(offsets)};
}

/// What a text is before it is encoded, and after it is decoded.
struct Around {
  std::vector<TextRule> rules;
  PieceSpelling spelling;
  size_t cache_bytes;

  /// Each rule: its kind, `from`, `to`.
  Around(const py::sequence& given, const Tokens& first, const Tokens& later,
         const Input<int16_t>& bytes, size_t blanks_dropped, size_t cache)
      : spelling{spellings(first), spellings(later), {}, blanks_dropped}, cache_bytes(cache) {
    for (const py::handle item : given) {
      const auto rule = item.cast<py::tuple>();
      rules.push_back({rule[0].cast<TextRule::Kind>(), rule[1].cast<std::string>(),
                       rule[2].cast<std::string>()});
    }
    const auto of_tokens = as_span(bytes);
    spelling.bytes.assign(of_tokens.begin(), of_tokens.end());
  }

  std::unique_ptr<Tokenizer> with(std::unique_ptr<const Model> model) {
    auto whole = std::make_unique<SpelledPieces>(TextRules(std::move(rules)), std::move(model),
                                                 std::move(spelling));
    return std::make_unique<Tokenizer>(std::move(whole), cache_bytes);
  }
};

}  // namespace

void register_tokenizer_pieces(py::module_& m) {
  using Kind = TextRule::Kind;
  py::enum_<Kind>(m, "TextRule")
      .value("charsmap", Kind::charsmap)
      .value("replace", Kind::replace)
      .value("runs", Kind::runs)
      .value("prepend", Kind::prepend)
      .value("lead", Kind::lead)
      .value("lead_first", Kind::lead_first)
      .value("strip_left", Kind::strip_left)
      .value("strip_right", Kind::strip_right)
      .value("nfc", Kind::nfc)
      .value("nfd", Kind::nfd)
      .value("nfkc", Kind::nfkc)
      .value("nfkd", Kind::nfkd)
      .value("lowercase", Kind::lowercase)
      .value("strip_accents", Kind::strip_accents)
      .value("nmt", Kind::nmt);
  py::class_<Around>(m, "Around")
      .def(py::init<const py::sequence&, const Tokens&, const Tokens&, const Input<int16_t>&,
                    size_t, size_t>());
  m.def("merged_pieces", [](const Tokens& tokens, const Input<uint8_t>& types,
                            const Input<uint32_t>& merges, const Input<uint8_t>& is_whole,
                            bool byte_fallback, bool fuses_unknown, bool cuts_at_spaces,
                            Around& around) {
    const Spellings texts = spellings(tokens);
    const auto type = as_span(types), whole = as_span(is_whole);
    const std::span<const WrittenMerge> all(reinterpret_cast<const WrittenMerge*>(merges.data()),
                                            static_cast<size_t>(merges.size()) / 3);
    return unlocked([&] {
      return around.with(tokenizer::merged_pieces(texts, type, all, whole,
                                                  {byte_fallback, fuses_unknown, cuts_at_spaces}));
    });
  });
  m.def("word_unigram", [](const Tokens& tokens, const Input<uint8_t>& is_text,
                           const Input<double>& scores, uint32_t unknown, bool byte_fallback,
                           bool cuts_at_blanks, bool cuts_at_marks, bool leads, Around& around) {
    const Spellings texts = spellings(tokens);
    const auto kept = as_span(is_text);
    const auto score = as_span(scores);
    return unlocked([&] {
      return around.with(tokenizer::scored_pieces(
          texts, kept, score, {unknown, byte_fallback, cuts_at_blanks, cuts_at_marks, leads}));
    });
  });
}

}  // namespace corpusmill::bind
