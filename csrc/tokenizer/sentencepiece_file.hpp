// sentencepiece_file: what a .model of SentencePiece says: a protocol buffer of pieces, of how text
// is normalized and of what the pieces were trained for. Makes nothing of it.
// Source: sentencepiece_model.proto of google/sentencepiece; wire format of Protocol Buffers.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace corpusmill::tokenizer {

enum class PieceType : uint8_t { normal = 1, unknown, control, user_defined, unused, byte };

struct NormalizerSpec {
  std::string_view charsmap;  // empty: text is left as it is
  bool dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
};

/// Views are into the bytes that were read.
struct SentencePieceFile {
  enum class Kind : uint8_t { unigram = 1, bpe };

  struct Piece {
    std::string_view text;
    float score = 0;
    PieceType type = PieceType::normal;
  };

  /// To be filled with what another kind of file says.
  SentencePieceFile() = default;

  /// Throws std::invalid_argument saying at which byte it is damaged, or what it holds that is not
  /// supported.
  explicit SentencePieceFile(std::string_view bytes);

  std::vector<Piece> pieces;
  Kind kind = Kind::unigram;
  bool byte_fallback = false;
  bool fuses_unknown = true;    // what is unknown in a row is one id
  bool cuts_at_spaces = false;  // nothing goes across one, whatever the pieces
  bool whitespace_as_suffix = false;
  std::string_view unknown_surface = " \xE2\x81\x87 ";
  NormalizerSpec normalizer, denormalizer;
};

}  // namespace corpusmill::tokenizer
