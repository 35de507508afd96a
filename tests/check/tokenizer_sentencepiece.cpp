// tokenizer_sentencepiece: models of few pieces, with every flag, on hostile documents; and files
// of them that are cut off or damaged.
#include <stdexcept>
#include <string>
#include <vector>

#include "areas.hpp"
#include "documents.hpp"
#include "tokenizer/encode.hpp"
#include "tokenizer/sentencepiece.hpp"

namespace corpusmill::check {

namespace {

using tokenizer::PieceType;

std::string varint(size_t number) {
  std::string data;
  for (; number > 127; number >>= 7) data.push_back(static_cast<char>((number & 127) | 128));
  return data + static_cast<char>(number);
}

std::string field(size_t number, size_t value) { return varint(number << 3) + varint(value); }

std::string field(size_t number, const std::string& data) {
  return varint(number << 3 | 2) + varint(data.size()) + data;
}

std::string piece(const std::string& text, PieceType type, uint8_t badness) {
  const std::string score{0, 0, static_cast<char>(badness << 2), '\xC0'};  // about -2 and less
  return field(1,
               field(1, text) + varint(2 << 3 | 5) + score + field(3, static_cast<size_t>(type)));
}

/// flags: of the model, by their bits.
std::string model(size_t kind, size_t flags) {
  const auto flag = [&](size_t bit) { return flags >> bit & 1; };
  std::string data = piece("<unk>", PieceType::unknown, 0) + piece("<s>", PieceType::control, 0);
  for (const char* text :
       {"\xE2\x96\x81", "a", "b", "the", "h", "t", "th", "\xC3\xA9", "ab", "\xC3\xA9\xC3\xA9"}) {
    data += piece(text, PieceType::normal, static_cast<uint8_t>(text[0] & 15));
  }
  data += piece("\xE2\x96\x81the", flag(5) ? PieceType::unused : PieceType::normal, 1);
  data += piece("e", flag(6) ? PieceType::user_defined : PieceType::normal, 2);
  if (flag(7)) data += piece("a\xE2\x96\x81t", PieceType::normal, 3);
  for (size_t byte = 0; flag(0) != 0 && byte < 256; ++byte) {
    const char* const digits = "0123456789ABCDEF";
    const std::string text{'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'};
    data += piece(text, PieceType::byte, 0);
  }
  return data + field(2, field(3, kind) + field(24, flag(1)) + field(35, flag(0))) +
         field(3, field(3, flag(2)) + field(4, flag(3)) + field(5, flag(4)));
}

size_t encode(const std::string& file, const Column& docs) {
  const tokenizer::SentencePieceFile read(file);
  std::vector<tokenizer::Encoded<uint16_t>> all;
  for (const int threads : {1, 4}) {
    tokenizer::Tokenizer made(tokenizer::sentencepiece(read), threads == 1 ? 0 : 1 << 12);
    all.push_back(tokenizer::encode<uint16_t>(made, docs, threads));
    const auto ids = all.back().ids.view();
    if (!std::ranges::equal(ids, all[0].ids.view())) {
      throw std::logic_error("other ids with another cache or other threads");
    }
    std::vector<uint8_t> bytes;
    const std::vector<uint32_t> wide(ids.begin(), ids.end());
    made.model->decode(wide, true, bytes);
  }
  return all[0].ids.size();
}

size_t read_damaged(std::string file) {
  Random random(1);
  size_t done = 0;
  for (int i = 0; i < 500; ++i) {
    std::string damaged =
        file.substr(0, random.next() % 4 == 0 ? random.next() % file.size() : file.size());
    for (int j = 0; j < 3 && !damaged.empty(); ++j) {
      damaged[random.next() % damaged.size()] = static_cast<char>(random.next());
    }
    try {
      tokenizer::sentencepiece(tokenizer::SentencePieceFile(damaged));
    } catch (const std::invalid_argument&) {
      ++done;
    }
  }
  return done;
}

}  // namespace

size_t check_sentencepiece(const Column& docs) {
  size_t done = 0;
  for (const size_t kind : {1U, 2U}) {
    for (size_t flags = 0; flags < 256; flags += 37) done += encode(model(kind, flags), docs);
    done += read_damaged(model(kind, 28));
  }
  return done;
}

}  // namespace corpusmill::check
