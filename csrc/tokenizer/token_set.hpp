// token_set: tokens that stand for themselves wherever a text spells them, found from left to
// right, at each place the longest. Knows no document; added_tokens.hpp does.
#pragma once
#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corpusmill::tokenizer {

/// Beside what the model knows, as in the `added_tokens` of a tokenizer.json.
struct AddedToken {
  /// In what it is looked for: a document; what is left of that; what the model makes of the rest
  /// (Model::normalized); nothing, it is only decoded.
  enum class Stage : uint8_t { first, second, normalized, never };

  std::string text;  // not empty
  uint32_t id;
  bool special;  // text, unless it is allowed
  bool lstrip;   // takes the white space before it,
  bool rstrip;   // behind it
  Stage stage;
  uint32_t number;           // among all, in the order given
  bool single_word = false;  // text, if a letter, mark or digit stands beside it
};

/// For each added token by its number whether, if special, it is more than text; none: no one is.
using Allowed = std::span<const uint8_t>;

/// Unchanging once made, so shared by threads.
class TokenSet {
 public:
  TokenSet() = default;

  /// Throws std::invalid_argument if two have the same text.
  explicit TokenSet(std::vector<AddedToken> tokens);

  /// Cuts a text: calls take(part, token) for each part from left to right, token null where the
  /// part is text; parts are not empty. They make up the text, but for blanks that `rstrip` takes
  /// and a token of blanks without `lstrip` has too, as in the library tokenizers. Stops when take
  /// returns false, and returns that. A special token that is not allowed is text, and no other is
  /// looked for within it.
  template <class Take>
  bool split(std::string_view text, Allowed allowed, Take&& take) const {
    if (tokens_.empty() || (allowed.empty() && !any_plain_))
      return text.empty() || take(text, nullptr);
    size_t done = 0, stripped = 0, at = 0;
    while (const AddedToken* const token = find(text, at)) {
      const size_t begin = at;
      at += token->text.size();
      if (token->special && (allowed.empty() || allowed[token->number] == 0)) continue;
      if (token->single_word && in_word(text, begin, at)) continue;
      const size_t from = token->lstrip ? std::max(blanks_before(text, done, begin), done) : begin;
      size_t to = at;
      if (token->rstrip) to = stripped = at < stripped ? stripped : blanks_behind(text, at);
      if (to <= from) continue;  // of blanks that the token before it took
      if (done < from && !take(text.substr(done, from - done), nullptr)) return false;
      if (!take(text.substr(from, to - from), token)) return false;
      done = to;
    }
    return done >= text.size() || take(text.substr(done), nullptr);
  }

 private:
  /// The first token from `at` on, which becomes where it is; null if there is none.
  const AddedToken* find(std::string_view text, size_t& at) const;

  /// The first place from `at` on where the byte is one that a token begins with; text.size() if
  /// there is none.
  size_t next_start(std::string_view text, size_t at) const;

  /// The longest that `text` begins with.
  const AddedToken* longest(std::string_view text) const;

  /// Whether a character of words stands before `begin` or from `end` on.
  static bool in_word(std::string_view text, size_t begin, size_t end);

  static size_t blanks_before(std::string_view text, size_t least, size_t end);
  static size_t blanks_behind(std::string_view text, size_t at);

  std::vector<AddedToken> tokens_;               // sorted by text
  std::array<uint32_t, 257> from_{};             // where those begin whose text begins with a byte
  std::array<bool, 256> starts_{};               // the bytes that any begins with
  std::unique_ptr<std::bitset<1 << 16>> pairs_;  // the two bytes that any begins with
  int only_first_ = -1;                          // the byte that all begin with
  bool any_plain_ = false;                       // not all are special
};

}  // namespace corpusmill::tokenizer
