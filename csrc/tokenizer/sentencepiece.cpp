// sentencepiece: the pieces are checked once, and text is made of them as the library makes it.
#include "tokenizer/sentencepiece.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "text/utf8.hpp"
#include "tokenizer/score_bpe.hpp"
#include "tokenizer/unigram.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::string named(uint32_t id, std::string_view text) {
  return "piece " + std::to_string(id) + ", '" + std::string(text) + "',";
}

template <class Text>
void append(const Text& text, std::vector<uint8_t>& bytes) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

/// Whether U+0020 can stand for U+2581, because text that is encoded never has it.
bool blanks_are_free(const SentencePieceFile& file) {
  return file.normalizer.escape_whitespaces &&
         std::ranges::none_of(file.pieces, [](const auto& piece) {
           return piece.text.find(' ') != std::string_view::npos;
         });
}

/// The text with this instead of U+2581.
std::string with_spaces(std::string_view text, std::string_view space) {
  std::string out;
  for (size_t at; (at = text.find(space_mark)) != std::string_view::npos;) {
    out.append(text.substr(0, at)).append(space);
    text.remove_prefix(at + space_mark.size());
  }
  return out.append(text);
}

/// As a document spells them, in ascending order.
std::vector<std::string_view> user_defined(const SentencePieceFile& file) {
  std::vector<std::string_view> texts;
  for (const auto& piece : file.pieces) {
    if (piece.type == PieceType::user_defined) texts.push_back(piece.text);
  }
  std::ranges::sort(texts);
  return texts;
}

/// Bytes as text: what is no UTF-8 becomes U+FFFD, byte by byte.
void append_well_formed(std::string_view data, std::vector<uint8_t>& bytes) {
  const char* const end = data.data() + data.size();
  for (const char* at = data.data(); at != end;) {
    const text::Decoded next = text::decode(at, end);
    append(next.code > text::last_code_point ? replacement : std::string_view(at, next.size),
           bytes);
    at += next.size;
  }
}

}  // namespace

Pieces::Pieces(const SentencePieceFile& file)
    : byte_fallback_(file.byte_fallback),
      fuses_unknown_(file.fuses_unknown),
      space_(blanks_are_free(file) ? " " : space_mark) {
  byte_ids_.fill(no_id);
  byte_of_.resize(file.pieces.size());
  for (uint32_t id = 0; id < file.pieces.size(); ++id) {
    const auto& piece = file.pieces[id];
    texts_.push_back(with_spaces(piece.text, space_));
    scores_.push_back(piece.score);
    types_.push_back(piece.type);
    if (piece.type == PieceType::unknown) {
      if (unknown_ != no_id) throw std::invalid_argument(named(id, piece.text) + " is unknown too");
      unknown_ = id;
    }
    if (piece.type == PieceType::byte) add_byte(id);
    if (is_text(id)) sorted_.push_back(id);
  }
  if (unknown_ == no_id) throw std::invalid_argument("no piece stands for what is unknown");
  if (byte_fallback_ && std::ranges::count(byte_ids_, no_id) != 0) {
    throw std::invalid_argument("it falls back to bytes, and has no piece for some");
  }
  std::ranges::sort(sorted_, {}, [&](uint32_t id) { return (*this)[id]; });
  for (size_t i = 1; i < sorted_.size(); ++i) {
    if (texts_[sorted_[i - 1]] == texts_[sorted_[i]]) {
      throw std::invalid_argument(named(sorted_[i], texts_[sorted_[i]]) + " is there twice");
    }
  }
}

void Pieces::add_byte(uint32_t id) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const std::string_view text = texts_[id];
  const bool shaped = text.size() == 6 && text.starts_with("<0x") && text.ends_with('>');
  const size_t high = shaped ? digits.find(text[3]) : std::string_view::npos;
  const size_t low = shaped ? digits.find(text[4]) : std::string_view::npos;
  if (!byte_fallback_ || high == std::string_view::npos || low == std::string_view::npos) {
    throw std::invalid_argument(named(id, text) + " is said to be a byte");
  }
  byte_of_[id] = static_cast<uint8_t>(high << 4 | low);
  byte_ids_[byte_of_[id]] = id;
}

bool Pieces::is_text(uint32_t id) const {
  const PieceType type = types_[id];
  return type == PieceType::normal || type == PieceType::user_defined || type == PieceType::unused;
}

size_t Pieces::num_bytes(uint32_t id) const {
  const auto num = static_cast<size_t>(std::ranges::count(texts_[id], ' '));
  return texts_[id].size() + (space_ == space_mark ? 0 : num * (space_mark.size() - 1));
}

std::vector<std::string_view> Pieces::in_order(PieceType type) const {
  std::vector<std::string_view> texts;
  for (const uint32_t id : sorted_) {
    if (types_[id] == type) texts.emplace_back(texts_[id]);
  }
  return texts;
}

void PieceIds::put_unknown(std::string_view character) {
  if (pieces_->falls_back_to_bytes()) {
    const bool is_space = character == pieces_->space();
    for (const char byte : is_space ? space_mark : character) {
      add(pieces_->id_of_byte(byte));
      if (with_sizes_) sizes_.push_back(1);
    }
    if (with_sizes_ && is_space) {  // all that it is written as here goes with its last byte
      std::fill_n(sizes_.end() - static_cast<std::ptrdiff_t>(space_mark.size()),
                  space_mark.size() - 1, 0);
      sizes_.back() = character.size();
    }
    return;
  }
  if (!unknown_ || !pieces_->fuses_unknown()) {
    add(pieces_->unknown());
    if (with_sizes_) sizes_.push_back(0);
  }
  if (with_sizes_) sizes_.back() += character.size();
  unknown_ = true;
}

SentencePiece::SentencePiece(const SentencePieceFile& file)
    : pieces_(file),
      normalizer_(file.normalizer, user_defined(file), file.whitespace_as_suffix,
                  pieces_.space() == " "),
      drops_first_space_(file.normalizer.dummy_prefix || file.normalizer.remove_extra_whitespaces),
      drops_first_spaces_(file.normalizer.remove_extra_whitespaces),
      unknown_surface_(file.unknown_surface) {
  std::vector<std::string_view> texts;
  for (const uint32_t id : pieces_.in_order()) texts.push_back(pieces_[id]);
  const bool is_bpe = file.kind == SentencePieceFile::Kind::bpe;
  words_ = WordCut(texts, is_bpe && !file.byte_fallback);  // what is unknown in a row is one id
  if (file.cuts_at_spaces) words_.cut_before_spaces();
  if (!file.denormalizer.charsmap.empty()) {
    denormalizer_.emplace(file.denormalizer, std::span<const std::string_view>(), false, false);
  }
}

size_t SentencePiece::cut(std::string_view text, const char* at,
                          std::span<const char*> ends) const {
  return words_(at, text.data() + text.size(), ends);
}

void SentencePiece::append_spans(std::span<const size_t> sizes, size_t& at,
                                 std::vector<Span>& spans) {
  for (const size_t size : sizes) {
    spans.push_back({at, at + size});
    at += size;
  }
}

bool SentencePiece::decode_piece(uint32_t id, bool at_start, std::vector<uint8_t>& bytes) const {
  std::string_view text = pieces_[id];
  if (pieces_.type(id) == PieceType::control) return false;
  if (id == pieces_.unknown()) return append(unknown_surface_, bytes), false;
  bool dropped = false;
  if (at_start && drops_first_space_ && text.starts_with(pieces_.space())) {
    text.remove_prefix(pieces_.space().size());
    dropped = !drops_first_spaces_;
  }
  append(with_spaces(text, " "), bytes);
  return dropped;
}

size_t SentencePiece::decode(std::span<const uint32_t> ids, bool is_first,
                             std::vector<uint8_t>& bytes) const {
  const size_t begin = bytes.size();
  std::string data;  // of the bytes in a row
  bool at_start = is_first, dropped = false;
  const auto good = static_cast<size_t>(
      std::ranges::find_if(ids, [&](uint32_t id) { return id >= size(); }) - ids.begin());
  for (const uint32_t id : ids.first(good)) {
    if (pieces_.type(id) == PieceType::byte) {
      data.push_back(static_cast<char>(pieces_.byte(id)));
      continue;
    }
    append_well_formed(data, bytes);
    data.clear();
    if (dropped || bytes.size() != begin) at_start = false;
    dropped = decode_piece(id, at_start, bytes);
  }
  append_well_formed(data, bytes);
  if (denormalizer_) {
    std::string text(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.end()), scratch;
    bytes.resize(begin);
    append((*denormalizer_)(text, scratch), bytes);
  }
  return good;
}

std::unique_ptr<SentencePiece> sentencepiece(const SentencePieceFile& file) {
  if (file.kind == SentencePieceFile::Kind::bpe) return std::make_unique<ScoreBpe>(file);
  return std::make_unique<Unigram>(file);
}

}  // namespace corpusmill::tokenizer
