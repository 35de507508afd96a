// spelled_pieces: ids are looked up, but bytes in a row, which are a text together.
#include "tokenizer/spelled_pieces.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

void append(std::string_view text, std::vector<uint8_t>& bytes) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

/// One U+FFFD for each if they are no UTF-8 all together.
void append_bytes(std::string& data, std::vector<uint8_t>& bytes) {
  if (text::is_well_formed(data)) {
    append(data, bytes);
  } else {
    for (size_t i = 0; i < data.size(); ++i) append(replacement, bytes);
  }
  data.clear();
}

}  // namespace

SpelledPieces::SpelledPieces(TextRules rules, std::unique_ptr<const Model> model,
                             PieceSpelling spelling)
    : rules_(std::move(rules)), model_(std::move(model)), spelling_(std::move(spelling)) {}

size_t SpelledPieces::decode(std::span<const uint32_t> ids, bool is_first,
                             std::vector<uint8_t>& bytes) const {
  const size_t begin = bytes.size();
  std::string data;  // of the bytes in a row
  size_t good = 0;
  for (; good < ids.size(); ++good) {
    const uint32_t id = ids[good];
    if (id >= size()) break;
    const std::string_view first = spelling_.first[id], later = spelling_.later[id];
    if (spelling_.bytes[id] >= 0) {
      data.push_back(static_cast<char>(spelling_.bytes[id]));
      continue;
    }
    if (first.empty() && later.empty()) break;
    append_bytes(data, bytes);
    append(good == 0 && is_first ? first : later, bytes);
  }
  append_bytes(data, bytes);
  if (!is_first) return good;
  const auto text = bytes.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto most =
      static_cast<std::ptrdiff_t>(std::min(spelling_.blanks_dropped, bytes.size() - begin));
  bytes.erase(text, std::find_if_not(text, text + most, [](uint8_t byte) { return byte == ' '; }));
  return good;
}

}  // namespace corpusmill::tokenizer
