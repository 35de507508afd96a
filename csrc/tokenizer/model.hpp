// model: what every family of tokenizers is to the rest: a document is normalized, cut into pieces,
// and each piece is encoded for itself; and back. Knows no columns and remembers nothing.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corpusmill::tokenizer {

constexpr uint32_t no_id = 0xffffffffu;
constexpr size_t most_pieces = 256;  // that are cut at once
constexpr size_t least_pieces = 64;  // that there is room for: one for each byte of a window

/// Bytes of a text, half open.
struct Span {
  size_t begin, end;
};

/// Where the bytes of a text come from that was made of a document.
struct Origins {
  std::vector<size_t> begins;  // of each byte; empty: a byte is its own place
  std::vector<size_t> ends;  // empty: where the next byte begins, or the end, that `begins` has too

  void clear() {
    begins.clear();
    ends.clear();
  }

  /// Of some bytes of the text. What was put in has no width.
  Span operator()(Span of) const {
    if (begins.empty()) return of;
    const size_t begin = of.begin < begins.size() ? begins[of.begin] : ends.back();
    if (of.begin == of.end) return {begin, begin};
    return {begin, ends.empty() ? begins[of.end] : ends[of.end - 1]};
  }
};

/// Encodes pieces with buffers that it keeps; one per thread.
class PieceEncoder {
 public:
  virtual ~PieceEncoder() = default;

  /// The ids of a piece that is not empty, which depend on its bytes alone; good until the next
  /// call.
  virtual std::span<const uint32_t> operator()(std::string_view piece) = 0;

  /// Appends the ids of each piece, and to `ends` where they end.
  virtual void encode_each(std::span<const std::string_view> pieces, std::vector<uint32_t>& ids,
                           std::vector<size_t>& ends) {
    for (const std::string_view piece : pieces) {
      const auto of_piece = (*this)(piece);
      ids.insert(ids.end(), of_piece.begin(), of_piece.end());
      ends.push_back(ids.size());
    }
  }
};

/// Encodes texts whose pieces depend on what is before them; one per thread.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;

  /// Of a normalized text, which has to stay until its last ids are asked for.
  virtual void begin(std::string_view text) = 0;

  /// The next ids of the text, good until the next call; none at its end.
  virtual std::span<const uint32_t> more() = 0;

  /// Frees what a long text took, not what is remembered. The text is done with.
  virtual void let_go() = 0;
};

/// Unchanging once made, so shared by threads.
class Model {
 public:
  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model() = default;

  /// Ids are below it.
  virtual size_t size() const = 0;

  /// The text that is cut: the document itself, or `scratch` filled with what it becomes.
  virtual std::string_view normalized(std::string_view document, std::string& /*scratch*/) const {
    return document;
  }

  /// The same of a text that does not begin its document.
  virtual std::string_view normalized_later(std::string_view text, std::string& scratch) const {
    return normalized(text, scratch);
  }

  /// As `normalized`, or `normalized_later`, and where it comes from. Without `ends` a byte that
  /// was left out goes with what is before it. Who overrides `normalized` overrides this.
  virtual std::string_view aligned(std::string_view document, bool /*is_first*/,
                                   std::string& scratch, Origins& origins) const {
    origins.clear();
    return normalized(document, scratch);
  }

  /// Appends the bytes of `text` that each id stands for. `text` is normalized, and `ids` are all
  /// of its own.
  virtual void spans(std::string_view text, std::span<const uint32_t> ids,
                     std::vector<Span>& spans) const = 0;

  /// Fills `ends` with where the pieces end that begin at `at`; how many, at least one. Needs
  /// room for least_pieces, and `at` to be in the text, where it begins or a piece ends.
  virtual size_t cut(std::string_view text, const char* at, std::span<const char*> ends) const = 0;

  /// Null if there is a `text_encoder`.
  virtual std::unique_ptr<PieceEncoder> piece_encoder() const = 0;

  /// Null if each piece is encoded for itself. cache_bytes: for what it remembers.
  virtual std::unique_ptr<TextEncoder> text_encoder(size_t /*cache_bytes*/) const {
    return nullptr;
  }

  /// Appends the bytes that ids stand for. Returns how many ids that was good for: fewer than
  /// there are if the next one is no token. is_first: nothing of their text stands before them.
  virtual size_t decode(std::span<const uint32_t> ids, bool is_first,
                        std::vector<uint8_t>& bytes) const = 0;

  /// Appends how a token beside the model is spelled.
  virtual void decode_added(std::string_view text, bool /*is_first*/,
                            std::vector<uint8_t>& bytes) const {
    bytes.insert(bytes.end(), text.begin(), text.end());
  }
};

}  // namespace corpusmill::tokenizer
