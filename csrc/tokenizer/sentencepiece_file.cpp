// sentencepiece_file: fields that are not asked for are passed over; of one that comes twice the
// last counts, as everywhere in protocol buffers.
#include "tokenizer/sentencepiece_file.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr size_t longest_piece = 7999;  // bytes; SentencePiece takes none that is longer

struct Field {
  enum Wire : uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

  uint64_t number;
  Wire wire;
  uint64_t value;         // of what is no `bytes`
  std::string_view data;  // of `bytes`
};

/// The fields of one message, which is a part of the file.
class Message {
 public:
  Message(std::string_view file, std::string_view message)
      : file_(file.data()), at_(message.data()), end_(message.data() + message.size()) {}

  bool next(Field& field) {
    if (at_ == end_) return false;
    const uint64_t key = varint();
    field = {key >> 3, static_cast<Field::Wire>(key & 7), 0, {}};
    switch (field.wire) {
      case Field::varint: field.value = varint(); break;
      case Field::fixed64: field.value = fixed<uint64_t>(); break;
      case Field::fixed32: field.value = fixed<uint32_t>(); break;
      case Field::bytes: field.data = take(varint()); break;
      default: refuse("no field begins here");
    }
    if (field.number == 0) refuse("a field has the number 0");
    return true;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw std::invalid_argument("damaged at byte " + std::to_string(at_ - file_) + ": " + what);
  }

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) refuse("a number is cut off");
      const auto byte = static_cast<uint8_t>(*at_++);
      value |= uint64_t{byte & 127u} << shift;
      if (byte < 128) return value;
    }
    refuse("a number of more than 64 bits");
  }

  std::string_view take(uint64_t size) {
    if (std::cmp_greater(size, end_ - at_)) {
      refuse("a field of " + std::to_string(size) + " bytes, of which " +
             std::to_string(end_ - at_) + " are there");
    }
    const std::string_view data(at_, size);
    at_ += size;
    return data;
  }

  template <class T>
  T fixed() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  const char* file_;
  const char* at_;
  const char* end_;
};

SentencePieceFile::Piece read_piece(std::string_view file, std::string_view data, size_t id) {
  SentencePieceFile::Piece piece;
  Message message(file, data);
  for (Field field{}; message.next(field);) {
    if (field.number == 1 && field.wire == Field::bytes) piece.text = field.data;
    if (field.number == 2 && field.wire == Field::fixed32) {
      piece.score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
    }
    if (field.number == 3 && field.wire == Field::varint) {
      if (field.value < 1 || field.value > 6) message.refuse("a piece of an unknown type");
      piece.type = static_cast<PieceType>(field.value);
    }
  }
  const std::string name = "piece " + std::to_string(id);
  if (piece.text.empty()) message.refuse(name + " is empty");
  if (piece.text.size() > longest_piece) message.refuse(name + " is of 8,000 bytes or more");
  if (piece.text.find('\0') != std::string_view::npos || !text::is_well_formed(piece.text)) {
    message.refuse(name + " is no text");
  }
  if (!std::isfinite(piece.score)) message.refuse(name + " has a score that is no number");
  return piece;
}

void read_trainer(SentencePieceFile& all, std::string_view file, std::string_view data) {
  Message message(file, data);
  for (Field field{}; message.next(field);) {
    if (field.number == 3 && field.wire == Field::varint) {
      if (field.value == 3 || field.value == 4) {
        throw std::invalid_argument(std::string("a SentencePiece model of ") +
                                    (field.value == 3 ? "words" : "characters") +
                                    " is not supported; expected BPE or Unigram");
      }
      if (field.value != 1 && field.value != 2) message.refuse("an unknown type of model");
      all.kind = static_cast<SentencePieceFile::Kind>(field.value);
    }
    if (field.number == 24) all.whitespace_as_suffix = field.value != 0;
    if (field.number == 35) all.byte_fallback = field.value != 0;
    if (field.number == 44) all.unknown_surface = field.data;
  }
}

void read_normalizer(NormalizerSpec& spec, std::string_view file, std::string_view data) {
  Message message(file, data);
  for (Field field{}; message.next(field);) {
    if (field.number == 2) spec.charsmap = field.data;
    if (field.number == 3) spec.dummy_prefix = field.value != 0;
    if (field.number == 4) spec.remove_extra_whitespaces = field.value != 0;
    if (field.number == 5) spec.escape_whitespaces = field.value != 0;
  }
}

}  // namespace

SentencePieceFile::SentencePieceFile(std::string_view bytes) {
  Message message(bytes, bytes);
  for (Field field{}; message.next(field);) {
    if (field.wire != Field::bytes) continue;
    if (field.number == 1) pieces.push_back(read_piece(bytes, field.data, pieces.size()));
    if (field.number == 2) read_trainer(*this, bytes, field.data);
    if (field.number == 3) read_normalizer(normalizer, bytes, field.data);
    if (field.number == 5) read_normalizer(denormalizer, bytes, field.data);
  }
  if (pieces.empty()) throw std::invalid_argument("no SentencePiece model: it holds no pieces");
}

}  // namespace corpusmill::tokenizer
