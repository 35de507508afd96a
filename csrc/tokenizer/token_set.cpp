// token_set: what the first two bytes leave over is looked up in the sorted tokens, byte by byte.
#include "tokenizer/token_set.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

#include "text/utf8.hpp"
#include "tokenizer/categories.hpp"
#include "tokenizer/library_characters.hpp"

namespace corpusmill::tokenizer {

namespace {

uint8_t byte_at(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

size_t pair_at(std::string_view text, size_t i) {
  return byte_at(text, i) | size_t{byte_at(text, i + 1)} << 8;
}

bool is_blank(char32_t code) { return Categories::get()[code] == space; }

}  // namespace

TokenSet::TokenSet(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), pairs_(std::make_unique<std::bitset<1 << 16>>()) {
  std::ranges::sort(tokens_, {}, &AddedToken::text);
  const auto twice = std::ranges::adjacent_find(tokens_, {}, &AddedToken::text);
  if (twice != tokens_.end()) {
    throw std::invalid_argument("ids " + std::to_string(twice->id) + " and " +
                                std::to_string((twice + 1)->id) +
                                " are looked for by the same text, '" + twice->text + "'");
  }
  for (const AddedToken& token : tokens_) {
    const uint8_t first = byte_at(token.text, 0);
    ++from_[first + 1];
    starts_[first] = true;
    any_plain_ |= !token.special;
    if (token.text.size() > 1) {
      pairs_->set(pair_at(token.text, 0));
    } else {
      for (size_t second = 0; second < 256; ++second) pairs_->set(first | second << 8);
    }
  }
  for (size_t byte = 0; byte < 256; ++byte) {
    if (from_[byte + 1] == tokens_.size() && !tokens_.empty()) only_first_ = static_cast<int>(byte);
    from_[byte + 1] += from_[byte];
  }
}

size_t TokenSet::next_start(std::string_view text, size_t at) const {
  if (only_first_ >= 0 && at < text.size()) {
    const void* const next = std::memchr(text.data() + at, only_first_, text.size() - at);
    if (next == nullptr) return text.size();
    return static_cast<size_t>(static_cast<const char*>(next) - text.data());
  }
  while (at < text.size() && !starts_[byte_at(text, at)]) ++at;
  return at;
}

const AddedToken* TokenSet::find(std::string_view text, size_t& at) const {
  for (;; ++at) {
    at = next_start(text, at);
    if (at >= text.size()) return nullptr;
    if (at + 1 < text.size() && !pairs_->test(pair_at(text, at))) continue;
    if (const AddedToken* const found = longest(text.substr(at))) return found;
  }
}

const AddedToken* TokenSet::longest(std::string_view text) const {
  const uint8_t first = byte_at(text, 0);
  const AddedToken* low = tokens_.data() + from_[first];
  const AddedToken* high = tokens_.data() + from_[first + 1];
  const AddedToken* found = nullptr;
  for (size_t depth = 1; low != high; ++depth) {  // those between agree with the text so far
    if (low->text.size() == depth) found = low++;
    if (low == high || depth == text.size()) break;
    if (high - low == 1) return text.starts_with(low->text) ? low : found;
    const auto byte = [&](const AddedToken& token) { return byte_at(token.text, depth); };
    const auto same = std::ranges::equal_range(low, high, byte_at(text, depth), {}, byte);
    low = same.begin();
    high = same.end();
  }
  return found;
}

bool TokenSet::in_word(std::string_view text, size_t begin, size_t end) {
  const auto is_word = [&](size_t at) {
    const text::Decoded next = text::decode(text.data() + at, text.data() + text.size());
    return (library_characters()[next.code] & library_word) != 0;
  };
  return (begin != 0 && is_word(text::character_begin(text, begin - 1))) ||
         (end != text.size() && is_word(end));
}

size_t TokenSet::blanks_before(std::string_view text, size_t least, size_t end) {
  while (end > least) {
    size_t begin = end - 1;
    while (begin > least && end - begin < 4 && (byte_at(text, begin) & 0xC0) == 0x80) --begin;
    const text::Decoded last = text::decode(text.data() + begin, text.data() + end);
    if (begin + last.size != end || !is_blank(last.code)) break;
    end = begin;
  }
  return end;
}

size_t TokenSet::blanks_behind(std::string_view text, size_t at) {
  while (at < text.size()) {
    const text::Decoded next = text::decode(text.data() + at, text.data() + text.size());
    if (!is_blank(next.code)) break;
    at += next.size;
  }
  return at;
}

}  // namespace corpusmill::tokenizer
