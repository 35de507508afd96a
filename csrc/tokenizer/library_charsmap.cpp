// library_charsmap: runs of ASCII that no key is of are copied.
#include "tokenizer/library_charsmap.hpp"

#include <numeric>

#include "text/utf8.hpp"
#include "tokenizer/charsmap.hpp"
#include "tokenizer/traced_text.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr std::ptrdiff_t longest_grapheme = 5;  // bytes; of a longer one each character for itself

template <class Out>
void append_change(std::string_view from, std::string_view made, Out& out) {
  if (made.empty()) out.beginning.drop(from, out.text.size());
  out.change(from, made);
}

void append_pairs(std::string_view from, std::string_view made, PlainText& out) {
  append_change(from, made, out);
}

/// Character by character; where more are made than there were, those are of the last one.
void append_pairs(std::string_view from, std::string_view made, TracedText& out) {
  const auto size = [](std::string_view text) {
    return text::decode(text.data(), text.data() + text.size()).size;
  };
  if (made.empty()) append_change(from, made, out);
  for (bool is_more = false; !made.empty();) {
    const size_t first = size(from), becomes = size(made);
    const std::string_view next = made.substr(0, becomes);
    is_more ? out.change_more(from, next) : out.change(from.substr(0, first), next);
    is_more = first == from.size();
    if (!is_more) from.remove_prefix(first);
    made.remove_prefix(becomes);
  }
}

}  // namespace

LibraryCharsmap::LibraryCharsmap(std::string_view charsmap) : characters_(&library_characters()) {
  const std::vector<Rule> rules = read_charsmap(charsmap);
  std::vector<std::string_view> keys;
  for (const Rule& rule : rules) {
    keys.push_back(rule.key);
    becomes_.push_back(rule.becomes);
    const auto first = static_cast<uint8_t>(rule.key[0]);
    if (rule.key.size() == 1 && first < 0x80) is_key_[first] = true;
  }
  is_key_['\r'] = true;  // may be one with what is behind it
  std::vector<uint32_t> numbers(keys.size());
  std::iota(numbers.begin(), numbers.end(), 0u);
  keys_ = Trie(keys, numbers);
}

/// By the shortest key that the text begins with; null if there is none.
const std::string* LibraryCharsmap::becomes(const char* at, const char* end) const {
  uint32_t place = Trie::root;
  for (; at != end && keys_.step(place, *at); ++at) {
    if (const uint32_t number = keys_.number(place); number != Trie::none) {
      return &becomes_[number];
    }
  }
  return nullptr;
}

template <class Out>
void LibraryCharsmap::append(std::string_view text, Out& out) const {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const char* stop = at + text::ascii_prefix({at, static_cast<size_t>(end - at)});
    if (stop != at && stop != end) --stop;  // may be one with what is behind it
    at = append_ascii(at, stop, end, out);
    if (at == end) break;
    do {
      const char* const behind = grapheme_end(*characters_, at, end);
      append_grapheme(at, behind, out);
      at = behind;
    } while (at != end && static_cast<uint8_t>(*at) >= 0x80);
  }
}

/// From `at` to `stop`, or beyond it by the end of a grapheme.
template <class Out>
const char* LibraryCharsmap::append_ascii(const char* at, const char* stop, const char* end,
                                          Out& out) const {
  while (at < stop) {
    const char* const begin = at;
    while (at != stop && !is_key_[static_cast<uint8_t>(*at)]) ++at;
    out.copy({begin, static_cast<size_t>(at - begin)});
    if (at == stop) break;
    const char* const behind = at + (*at == '\r' && at + 1 != end && at[1] == '\n' ? 2 : 1);
    append_grapheme(at, behind, out);
    at = behind;
  }
  return at;
}

template <class Out>
void LibraryCharsmap::append_grapheme(const char* at, const char* end, Out& out) const {
  if (end - at <= longest_grapheme) {
    if (const std::string* const found = becomes(at, end)) {
      append_pairs({at, static_cast<size_t>(end - at)}, *found, out);
      return;
    }
  }
  while (at != end) {
    const char* const behind = at + text::decode(at, end).size;
    const std::string_view character(at, static_cast<size_t>(behind - at));
    if (const std::string* const found = becomes(at, behind)) {
      append_change(character, *found, out);
    } else {
      out.copy(character);
    }
    at = behind;
  }
}

template void LibraryCharsmap::append(std::string_view, PlainText&) const;
template void LibraryCharsmap::append(std::string_view, TracedText&) const;

}  // namespace corpusmill::tokenizer
