// whole_words: a trie of the tokens.
#include "tokenizer/whole_words.hpp"

#include <algorithm>
#include <vector>

#include "tokenizer/piece_normalizer.hpp"

namespace corpusmill::tokenizer {

WholeWords::WholeWords(const Spellings& texts, std::span<const uint8_t> is_whole,
                       bool begin_at_spaces)
    : begin_at_spaces_(begin_at_spaces) {
  std::vector<uint32_t> ids;
  std::vector<std::string_view> words;
  for (uint32_t id = 0; id < is_whole.size(); ++id) {
    if (is_whole[id] != 0) ids.push_back(id);
  }
  std::ranges::sort(ids, {}, [&](uint32_t id) { return texts[id]; });
  words.reserve(ids.size());
  for (const uint32_t id : ids) words.push_back(texts[id]);
  ids_ = Trie(words, ids);
}

size_t WholeWords::cut(std::string_view text, const char* at, std::span<const char*> ends) const {
  const char* const end = text.data() + text.size();
  size_t num = 0;
  while (at != end && num < ends.size()) {
    const size_t next =
        begin_at_spaces_ ? std::string_view(at + 1, end).find(space_mark) : std::string_view::npos;
    ends[num++] = at = next == std::string_view::npos ? end : at + 1 + next;
  }
  return num;
}

}  // namespace corpusmill::tokenizer
