// tokenizer_written: models of few pieces as a tokenizer.json writes them, under every rule for
// their text, on hostile documents.
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "areas.hpp"
#include "documents.hpp"
#include "tokenizer/encode.hpp"
#include "tokenizer/offsets.hpp"
#include "tokenizer/spelled_pieces.hpp"
#include "tokenizer/written_pieces.hpp"

namespace corpusmill::check {

namespace {

using tokenizer::Model;
using tokenizer::PieceType;
using tokenizer::Spellings;
using tokenizer::TextRule;

const std::string mark = "\xE2\x96\x81";  // U+2581

struct Texts {
  std::string bytes;
  std::vector<int64_t> offsets{0};

  void add(const std::string& text) {
    bytes += text;
    offsets.push_back(static_cast<int64_t>(bytes.size()));
  }
  Spellings spellings() const { return {bytes, offsets}; }
  size_t size() const { return offsets.size() - 1; }
};

Texts texts() {
  Texts all;
  for (const std::string& text : {std::string("<unk>"), mark, std::string("a"), std::string("b"),
                                  mark + "a", std::string("ab"), std::string("\xC3\xA9")}) {
    all.add(text);
  }
  for (size_t byte = 0; byte < 256; ++byte) {
    const char* const digits = "0123456789ABCDEF";
    all.add({'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'});
  }
  return all;
}

std::vector<TextRule> rules(size_t which) {
  using Kind = TextRule::Kind;
  switch (which % 4) {
    case 0: return {{Kind::prepend, "", mark}, {Kind::replace, " ", mark}};
    case 1: return {{Kind::replace, " ", mark}, {Kind::lead, "", ""}};
    case 2: return {{Kind::strip_left, "", ""}, {Kind::strip_right, "", ""}, {Kind::runs, "", " "}};
    default: return {{Kind::replace, " ", mark}, {Kind::lead_first, "", ""}};
  }
}

std::unique_ptr<const Model> merged(const Texts& all, size_t flags) {
  std::vector<uint8_t> types(all.size(), static_cast<uint8_t>(PieceType::byte));
  types[0] = static_cast<uint8_t>(PieceType::unknown);
  for (size_t id = 1; id < 7; ++id) types[id] = static_cast<uint8_t>(PieceType::normal);
  if ((flags & 1) == 0) std::fill(types.begin() + 7, types.end(), uint8_t{3});
  const std::vector<tokenizer::WrittenMerge> merges{{1, 2, 4}, {2, 3, 5}};
  const std::vector<uint8_t> is_whole((flags & 8) != 0 ? all.size() : 0, 1);
  return tokenizer::merged_pieces(all.spellings(), types, merges, is_whole,
                                  {(flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0});
}

std::unique_ptr<const Model> scored(const Texts& all, size_t flags) {
  std::vector<uint8_t> is_text(all.size(), 1);
  std::vector<double> scores(all.size(), -9);
  for (size_t id = 0; id < 7; ++id) scores[id] = -static_cast<double>(id);
  return tokenizer::scored_pieces(
      all.spellings(), is_text, scores,
      {0, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0});
}

/// Each token is of bytes of its document.
void check_offsets(const std::vector<int64_t>& offsets, std::span<const int64_t> begins,
                   std::span<const int64_t> ends, const Column& docs) {
  for (size_t row = 0; row < docs.size(); ++row) {
    const auto size = static_cast<int64_t>(docs[row].size());
    for (auto i = static_cast<size_t>(offsets[row]); i < static_cast<size_t>(offsets[row + 1]);
         ++i) {
      if (begins[i] < 0 || begins[i] > ends[i] || ends[i] > size) {
        throw std::logic_error("a token is of bytes that are not there");
      }
    }
  }
}

size_t encode(std::unique_ptr<const Model> model, const Texts& all, size_t which,
              const Column& docs) {
  std::vector<int16_t> bytes(all.size(), -1);
  for (size_t byte = 0; byte < 256; ++byte) bytes[7 + byte] = static_cast<int16_t>(byte);
  auto whole = std::make_unique<tokenizer::SpelledPieces>(
      tokenizer::TextRules(rules(which)), std::move(model),
      tokenizer::PieceSpelling{all.spellings(), all.spellings(), bytes, which % 2});
  tokenizer::Tokenizer made(std::move(whole), which % 3 == 0 ? 0 : 1 << 12);
  const auto one = tokenizer::encode<uint16_t>(made, docs, 1);
  const auto many = tokenizer::encode<uint16_t>(made, docs, 4);
  if (!std::ranges::equal(one.ids.view(), many.ids.view())) {
    throw std::logic_error("other ids with other threads");
  }
  const auto told = tokenizer::find_offsets<uint16_t>(made, docs, {}, 4);
  if (!std::ranges::equal(told.ids.view(), one.ids.view())) {
    throw std::logic_error("other ids with offsets");
  }
  check_offsets(told.offsets, told.begins.view(), told.ends.view(), docs);
  std::vector<uint8_t> back;
  const std::vector<uint32_t> wide(one.ids.view().begin(), one.ids.view().end());
  if (made.model->decode(wide, true, back) != wide.size()) {
    throw std::logic_error("an id that was given is no token");
  }
  return wide.size();
}

}  // namespace

size_t check_written_pieces(const Column& docs) {
  const Texts all = texts();
  size_t done = 0;
  for (size_t which = 0; which < 16; ++which) {
    done += encode(merged(all, which), all, which, docs);
    done += encode(scored(all, which), all, which, docs);
  }
  return done;
}

}  // namespace corpusmill::check
