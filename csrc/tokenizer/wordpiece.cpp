// wordpiece: bytes of ASCII are told apart by a table, other characters are looked up.
#include "tokenizer/wordpiece.hpp"

#include <array>
#include <utility>

#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

namespace {

enum Kind : uint8_t { in_word, white, mark };

/// A character, or an invalid byte.
struct Seen {
  Kind kind;
  uint32_t size;
};

constexpr bool is_between(int byte, int first, int last) { return byte >= first && byte <= last; }

constexpr auto ascii_kinds = [] {
  std::array<Kind, 128> all{};
  for (int byte = 0; byte < 128; ++byte) {
    const bool alphanumeric = is_between(byte, '0', '9') || is_between(byte | 0x20, 'a', 'z');
    if (byte == ' ' || is_between(byte, '\t', '\r')) {
      all[static_cast<size_t>(byte)] = white;
    } else if (is_between(byte, '!', '~') && !alphanumeric) {
      all[static_cast<size_t>(byte)] = mark;
    }
  }
  return all;
}();

Seen look(const BertCharacters& characters, const char* at, const char* end) {
  const auto byte = static_cast<uint8_t>(*at);
  if (byte < 0x80) return {ascii_kinds[byte], 1};
  const text::Decoded next = text::decode(at, end);
  const BertCharacter& is = characters[next.code];
  return {is.is(bert_white) ? white : is.is(bert_punctuation) ? mark : in_word, next.size};
}

/// Whether a text of `size` bytes has more characters. Invalid bytes count one each.
bool has_more(std::string_view text, uint64_t characters) {
  if (text.size() <= characters) return false;
  for (; !text.empty() && characters != 0; --characters) {
    text.remove_prefix(text::decode(text.data(), text.data() + text.size()).size);
  }
  return !text.empty();
}

}  // namespace

WordPiece::WordPiece(const Spellings& tokens, Spellings first, Spellings later,
                     const Options& options)
    : normalizer_(options.rules),
      characters_(&bert_characters()),
      match_(tokens.bytes, tokens.offsets, options.prefix),
      first_(std::move(first)),
      later_(std::move(later)),
      unknown_(options.unknown),
      most_characters_(options.most_characters) {}

size_t WordPiece::cut(const char* at, const char* end, std::span<const char*> ends) const {
  size_t num = 0;
  while (at != end && num < ends.size()) {
    const char* const begin = at;
    const char* last_blank = at;
    Seen next = look(*characters_, at, end);
    while (next.kind == white) {
      last_blank = at;
      at += next.size;
      if (at == end) break;
      next = look(*characters_, at, end);
    }
    if (last_blank != begin && at != end) {
      at = last_blank;  // goes with the word, the blanks before it for themselves
    } else if (at != end) {
      at += next.size;
      while (next.kind == in_word && at != end) {
        next = look(*characters_, at, end);
        if (next.kind == in_word) at += next.size;
      }
    }
    ends[num++] = at;
  }
  return num;
}

class WordPiece::Words final : public PieceEncoder {
 public:
  explicit Words(const WordPiece& model) : model_(&model) {}

  std::span<const uint32_t> operator()(std::string_view piece) override {
    const char* const end = piece.data() + piece.size();
    while (!piece.empty()) {
      const Seen next = look(*model_->characters_, piece.data(), end);
      if (next.kind != white) break;
      piece.remove_prefix(next.size);
    }
    ids_.clear();
    if (!piece.empty() &&
        (has_more(piece, model_->most_characters_) || !model_->match_.append(piece, ids_))) {
      ids_.push_back(model_->unknown_);
    }
    const size_t num = ids_.size();
    ids_.resize(num + 3);  // may be read
    return {ids_.data(), num};
  }

 private:
  const WordPiece* model_;
  std::vector<uint32_t> ids_;
};

std::unique_ptr<PieceEncoder> WordPiece::piece_encoder() const {
  return std::make_unique<Words>(*this);
}

size_t WordPiece::decode(std::span<const uint32_t> ids, std::vector<uint8_t>& bytes) const {
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= size()) return i;
    const std::string_view token = (i == 0 ? first_ : later_)[ids[i]];
    if (token.empty()) return i;
    bytes.insert(bytes.end(), token.begin(), token.end());
  }
  return ids.size();
}

}  // namespace corpusmill::tokenizer
