// word_unigram: places of a word are reached from left to right.
#include "tokenizer/word_unigram.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "text/utf8.hpp"
#include "tokenizer/categories.hpp"
#include "tokenizer/piece_normalizer.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr double unknown_penalty = 10;

bool is_mark(const char* at, const char* end) {
  return *at == ' ' || std::string_view(at, end).starts_with(space_mark);
}

/// Bytes of the white space that begins here; 0 if none does.
size_t blank_size(const char* at, const char* end) {
  const text::Decoded next = text::decode(at, end);
  return Categories::get()[next.code] == Category::space ? next.size : 0;
}

}  // namespace

WordUnigram::WordUnigram(std::span<const Token> tokens, const Options& options)
    : options_(options), unknown_score_(std::numeric_limits<double>::infinity()) {
  byte_ids_.fill(no_id);
  std::vector<uint32_t> ids;
  for (uint32_t id = 0; id < tokens.size(); ++id) {
    const Token& token = tokens[id];
    scores_.push_back(token.score);
    unknown_score_ = std::min(unknown_score_, token.score);
    if (!token.is_text || token.text.empty()) continue;
    ids.push_back(id);
    longest_ = std::max(longest_, token.text.size());
  }
  unknown_score_ -= unknown_penalty;
  std::ranges::sort(ids, {}, [&](uint32_t id) { return tokens[id].text; });
  std::vector<std::string_view> texts;
  for (const uint32_t id : ids) {
    if (!texts.empty() && texts.back() == tokens[id].text) {
      throw std::invalid_argument("'" + std::string(texts.back()) + "' is there twice");
    }
    texts.push_back(tokens[id].text);
  }
  trie_ = Trie(texts, ids);
  for (size_t byte = 0; byte < byte_ids_.size() && options_.byte_fallback; ++byte) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const std::string name = {'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'};
    const auto found = std::ranges::lower_bound(texts, std::string_view(name));
    if (found == texts.end() || *found != name) {
      throw std::invalid_argument("it falls back to bytes, and has no " + name);
    }
    byte_ids_[byte] = ids[static_cast<size_t>(found - texts.begin())];
  }
}

size_t WordUnigram::cut(std::string_view text, const char* at, std::span<const char*> ends) const {
  const char* const end = text.data() + text.size();
  size_t num = 0;
  while (at != end && num < ends.size()) ends[num++] = at = word_end(at, end);
  return num;
}

const char* WordUnigram::word_end(const char* at, const char* end) const {
  if (options_.cuts_at_blanks) {
    while (at != end) {
      const size_t size = blank_size(at, end);
      if (size == 0) break;
      at += size;
    }
    if (at == end) return at;
  }
  for (bool is_first = true; at != end; is_first = false) {
    const auto byte = static_cast<uint8_t>(*at);
    const bool is_rare = byte <= ' ' || byte >= 0x80;
    if (is_rare && !is_first) {
      if (options_.cuts_at_blanks && blank_size(at, end) != 0) return at;
      if (options_.cuts_at_marks && is_mark(at, end)) return at;
    }
    at += byte < 0x80 ? 1 : text::decode(at, end).size;
  }
  return at;
}

/// Keeps the best way to each place of a word: 24 bytes for each byte of the longest.
class WordUnigram::Words final : public PieceEncoder {
 public:
  explicit Words(const WordUnigram& model, bool with_parts = false)
      : model_(&model), with_parts_(with_parts) {}

  std::span<const uint32_t> operator()(std::string_view piece) override {
    ids_.clear();
    parts_.clear();
    find_best(word_of(piece));
    return ids_;
  }

  /// Of the ids that were told last, with_parts: the bytes of the piece that each is of. A mark
  /// that was put in has none.
  template <class Take>
  void for_each_part(Take&& take) const {
    for (const Span part : parts_) take(Span{from_[part.begin].begin, from_[part.end - 1].end});
  }

 private:
  static constexpr size_t nowhere = std::numeric_limits<size_t>::max();

  struct Node {
    double score;
    size_t from = nowhere;
    uint32_t id = no_id;
  };

  /// Without the blanks before it that are dropped, U+2581 instead of others and at its begin.
  std::string_view word_of(std::string_view piece) {
    const char* at = piece.data();
    const char* const end = at + piece.size();
    if (model_->options_.cuts_at_blanks) {
      while (at != end) {
        const size_t size = blank_size(at, end);
        if (size == 0) break;
        at += size;
      }
    }
    word_.clear();
    from_.clear();
    const auto add = [&](std::string_view bytes, size_t size) {
      word_ += bytes;
      if (!with_parts_) return;
      const auto begin = static_cast<size_t>(at - piece.data());
      from_.insert(from_.end(), bytes.size(), {begin, begin + size});
    };
    if (at == end) return word_;
    if (model_->options_.leads && !is_mark(at, end)) add(space_mark, 0);
    for (; at != end; ++at) add(*at == ' ' ? space_mark : std::string_view(at, 1), 1);
    return word_;
  }

  void find_best(std::string_view word) {
    if (word.empty()) return;
    nodes_.assign(word.size() + 1, Node{0});
    const char* const end = word.data() + word.size();
    for (const char* at = word.data(); at != end;) {
      const auto from = static_cast<size_t>(at - word.data());
      const double here = nodes_[from].score;
      const char* const next = at + text::decode(at, end).size;
      bool has_character = false;
      uint32_t place = Trie::root;
      for (const char* to = at; to != end && model_->trie_.step(place, *to);) {
        ++to;
        const uint32_t id = model_->trie_.number(place);
        if (id == Trie::none) continue;
        has_character |= to == next;
        reach(static_cast<size_t>(to - word.data()), {here + model_->scores_[id], from, id});
      }
      if (!has_character) {
        if (model_->options_.unknown == no_id) {
          throw std::invalid_argument("docs: '" + std::string(at, next) +
                                      "' is of no token, and none stands for what is unknown");
        }
        reach(static_cast<size_t>(next - word.data()),
              {here + model_->unknown_score_, from, model_->options_.unknown});
      }
      at = next;
    }
    put(word);
  }

  void reach(size_t to, const Node& way) {
    Node& node = nodes_[to];
    if (node.from == nowhere || way.score > node.score) node = way;
  }

  /// What is unknown in a row is one id, or all its bytes.
  void put(std::string_view word) {
    const uint32_t unknown = model_->options_.unknown;
    for (size_t to = word.size(); to != 0;) {
      const Node& node = nodes_[to];
      if (node.id == unknown && model_->options_.byte_fallback) {
        for (size_t at = to; at-- > node.from;) {
          put(model_->byte_ids_[static_cast<uint8_t>(word[at])], {at, at + 1});
        }
      } else if (node.id != unknown || ids_.empty() || ids_.back() != unknown) {
        put(node.id, {node.from, to});
      } else if (with_parts_) {
        parts_.back().begin = node.from;
      }
      to = node.from;
    }
    std::ranges::reverse(ids_);
    std::ranges::reverse(parts_);
  }

  void put(uint32_t id, Span part) {
    ids_.push_back(id);
    if (with_parts_) parts_.push_back(part);
  }

  const WordUnigram* model_;
  bool with_parts_;
  std::string word_;
  std::vector<Span> from_;  // of each byte of the word, in the piece
  std::vector<Node> nodes_;
  std::vector<uint32_t> ids_;
  std::vector<Span> parts_;  // of the word
};

std::unique_ptr<PieceEncoder> WordUnigram::piece_encoder() const {
  return std::make_unique<Words>(*this);
}

void WordUnigram::spans(std::string_view text, std::span<const uint32_t> /*ids*/,
                        std::vector<Span>& spans) const {
  Words encode(*this, true);
  const char* ends[most_pieces];
  for (const char* at = text.data(); at != text.data() + text.size();) {
    const size_t num = cut(text, at, ends);
    for (size_t i = 0; i < num; at = ends[i++]) {
      encode({at, static_cast<size_t>(ends[i] - at)});
      const auto begin = static_cast<size_t>(at - text.data());
      encode.for_each_part(
          [&](Span part) { spans.push_back({begin + part.begin, begin + part.end}); });
    }
  }
}

size_t WordUnigram::decode(std::span<const uint32_t> /*ids*/, bool /*is_first*/,
                           std::vector<uint8_t>& /*bytes*/) const {
  return 0;
}

}  // namespace corpusmill::tokenizer
