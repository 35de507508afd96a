// wordpiece: bytes of ASCII are told apart by a table, other characters are looked up.
#include "tokenizer/wordpiece.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "text/utf8.hpp"
#include "tokenizer/piece_ends.hpp"

namespace corpusmill::tokenizer {

namespace {

enum Kind : uint8_t { in_word, white, mark };

/// A character, or an invalid byte.
struct Seen {
  Kind kind;
  uint32_t size;
};

constexpr size_t window = 64;       // bytes that are looked at together
constexpr size_t least_ascii = 32;  // at its beginning, for that to pay

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

inline Seen look(const BertCharacters& characters, const char* at, const char* end) {
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
      text_classes_(simd::loops().text_classes),
      match_(tokens.bytes, tokens.offsets, options.prefix),
      first_(std::move(first)),
      later_(std::move(later)),
      unknown_(options.unknown),
      most_characters_(options.most_characters),
      prefix_bytes_(options.prefix.size()) {
  for (uint32_t id = 0; id < tokens.size(); ++id) token_bytes_.push_back(tokens[id].size());
}

size_t WordPiece::cut(std::string_view text, const char* at, std::span<const char*> ends) const {
  const char* const end = text.data() + text.size();
  size_t num = 0;
  while (at != end && num + window <= ends.size()) {
    const auto left = static_cast<size_t>(end - at);
    const bool is_ascii =
        left >= least_ascii && text::ascii_prefix({at, least_ascii}) == least_ascii;
    const uint64_t begins = is_ascii ? piece_begins(at, left) : 0;
    if (begins == 0) ends[num++] = at = piece_end(at, end);
    at = append_ends(begins, at, ends, num);
  }
  return num;
}

/// Of the pieces that begin in a window behind the first, which begins with it. That its blanks may
/// go on behind it does not matter: no id is of them.
uint64_t WordPiece::piece_begins(const char* at, size_t left) const {
  simd::TextClasses is;
  text_classes_(at, left, &is);
  const uint64_t word = is.upper | is.lower | is.digit | is.control;
  const uint64_t mark = ~(word | is.space | is.high);
  const uint64_t all = (is.space & ~(is.space << 1 & is.space >> 1)) |
                       (((word & ~(word << 1)) | mark) & ~(is.space << 1));
  const uint64_t ascii = is.high == 0 ? ~uint64_t{0} : (is.high & (~is.high + 1)) - 1;
  return all & ascii & ~uint64_t{1};
}

const char* WordPiece::piece_end(const char* at, const char* end) const {
  const char* const begin = at;
  const char* last_blank = at;
  Seen next = look(*characters_, at, end);
  while (next.kind == white) {
    last_blank = at;
    at += next.size;
    if (at == end) return at;
    next = look(*characters_, at, end);
  }
  if (last_blank != begin) return last_blank;  // goes with the word, those before it do not
  at += next.size;
  while (next.kind == in_word && at != end) {
    next = look(*characters_, at, end);
    if (next.kind == in_word) at += next.size;
  }
  return at;
}

std::string_view WordPiece::without_blanks(std::string_view piece) const {
  const char* const end = piece.data() + piece.size();
  while (!piece.empty()) {
    const Seen next = look(*characters_, piece.data(), end);
    if (next.kind != white) break;
    piece.remove_prefix(next.size);
  }
  return piece;
}

/// False, and nothing is appended, if the word is unknown.
bool WordPiece::append(std::string_view word, std::vector<uint32_t>& ids) const {
  return !has_more(word, most_characters_) && match_.append(word, ids);
}

class WordPiece::Words final : public PieceEncoder {
 public:
  explicit Words(const WordPiece& model) : model_(&model) {}

  std::span<const uint32_t> operator()(std::string_view piece) override {
    const std::string_view word = model_->without_blanks(piece);
    ids_.clear();
    if (!word.empty() && !model_->append(word, ids_)) ids_.push_back(model_->unknown_);
    return ids_;
  }

 private:
  const WordPiece* model_;
  std::vector<uint32_t> ids_;
};

void WordPiece::spans(std::string_view text, std::span<const uint32_t> ids,
                      std::vector<Span>& spans) const {
  const char* const end = text.data() + text.size();
  const char* at = text.data();
  const auto add = [&](size_t size) {
    const auto begin = static_cast<size_t>(at - text.data());
    spans.push_back({begin, begin + size});
    at += size;
  };
  std::string_view word;
  std::vector<uint32_t> known;
  for (const uint32_t id : ids) {
    const bool is_first = word.empty();
    while (word.empty()) {
      const char* const begin = at;
      at = piece_end(begin, end);
      word = without_blanks({begin, static_cast<size_t>(at - begin)});
    }
    if (is_first) at = word.data();
    const bool is_unknown = is_first && id == unknown_ && !append(word, known);
    const size_t size =
        is_unknown ? word.size() : token_bytes_[id] - (is_first ? 0 : prefix_bytes_);
    add(size);
    word.remove_prefix(size);
  }
}

std::unique_ptr<PieceEncoder> WordPiece::piece_encoder() const {
  return std::make_unique<Words>(*this);
}

void WordPiece::decode_added(std::string_view text, bool is_first,
                             std::vector<uint8_t>& bytes) const {
  if (!is_first) bytes.push_back(' ');
  bytes.insert(bytes.end(), text.begin(), text.end());
}

size_t WordPiece::decode(std::span<const uint32_t> ids, bool is_first,
                         std::vector<uint8_t>& bytes) const {
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= size() || first_[ids[i]].empty()) return i;
    const std::string_view token = (i == 0 && is_first ? first_ : later_)[ids[i]];
    bytes.insert(bytes.end(), token.begin(), token.end());
  }
  return ids.size();
}

}  // namespace corpusmill::tokenizer
