// score_bpe: a word falls into stretches that nothing merges across, most of them of one character
// where there are no spaces.
#include "tokenizer/score_bpe.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

#include "tokenizer/symbol_merger.hpp"

namespace corpusmill::tokenizer {

namespace {

/// Ascending as the scores that are compared are, where -0 is less than 0.
uint32_t key_of(float score) {
  const auto bits = std::bit_cast<uint32_t>(score);
  return bits >> 31 != 0 ? ~bits : bits | 0x80000000u;
}

/// Calls body(place, character) for each character.
template <class Body>
void for_each_character(std::string_view text, Body&& body) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const text::Decoded next = text::decode(at, end);
    body(static_cast<size_t>(at - text.data()), next.code);
    at += next.size;
  }
}

/// Encodes words of a ScoreBpe.
class ScoreMerger final : public PieceEncoder {
 public:
  explicit ScoreMerger(const ScoreBpe& bpe, bool with_sizes = false)
      : bpe_(&bpe), merge_(bpe.merges()), ids_(bpe.pieces(), with_sizes) {}

  std::span<const uint32_t> operator()(std::string_view word) override {
    if (word.size() >= std::numeric_limits<uint32_t>::max() / 2) {
      throw std::length_error("docs: a piece of " + std::to_string(word.size()) +
                              " bytes is too long to be encoded; cut the document");
    }
    ids_.begin();
    if (const uint32_t id = bpe_->whole()(word); id != no_id) {
      ids_.put(id);
      return ids_.ids();
    }
    const char* const end = word.data() + word.size();
    for (const char* at = word.data(); at != end;) at += add(at, end);
    finish();
    return ids_.ids();
  }

  std::span<const size_t> sizes() const { return ids_.sizes(); }

 private:
  // Symbols that never merge: what stands at a place of `apart_`.
  static constexpr uint32_t is_apart = 0x80000000u;
  static constexpr int deepest = 100;  // the library takes pieces apart no further

  struct Apart {
    std::string_view text;
    uint32_t id;  // no_id: of none
  };

  /// The next symbol; how many bytes it is of.
  size_t add(const char* at, const char* end) {
    if (!bpe_->unmerged().empty()) {
      if (const auto found = bpe_->unmerged().longest(at, end); found.size != 0) {
        add_apart({{at, found.size}, found.number});
        return found.size;
      }
    }
    const text::Decoded next = text::decode(at, end);
    const uint32_t symbol = bpe_->symbol_of(next.code);
    if (symbol == no_id) {
      add_apart({{at, next.size}, no_id});
      return next.size;
    }
    if (!stretch_.empty() && !bpe_->has_unused() && !bpe_->may_join(stretch_.back(), symbol)) {
      finish();
    }
    stretch_.push_back(symbol);
    return next.size;
  }

  void add_apart(const Apart& apart) {
    if (bpe_->has_unused()) {
      stretch_.push_back(is_apart | static_cast<uint32_t>(apart_.size()));
      apart_.push_back(apart);
    } else {
      finish();
      put(apart);
    }
  }

  /// Merges the stretch and puts its ids.
  void finish() {
    if (bpe_->has_unused()) {
      made_of_.clear();
      merge_(stretch_, [&](uint32_t id, SeenPair pair) {
        if (bpe_->pieces().type(id) == PieceType::unused) made_of_[id] = pair;
      });
    } else if (stretch_.size() > 1) {
      merge_(stretch_, [](uint32_t, SeenPair) {});
    }
    for (const uint32_t symbol : stretch_) put(symbol, 0);
    stretch_.clear();
    apart_.clear();
  }

  void put(const Apart& apart) {
    if (apart.id != no_id) {
      ids_.put(apart.id);
    } else {
      ids_.put_unknown(apart.text);
    }
  }

  void put(uint32_t symbol, int depth) {
    if (symbol >= is_apart) {
      put(apart_[symbol - is_apart]);
    } else if (symbol >= bpe_->size()) {
      char character[4];
      const size_t size = text::encode(bpe_->character_of(symbol), character);
      ids_.put_unknown({character, size});
    } else if (bpe_->has_unused() && bpe_->pieces().type(symbol) == PieceType::unused &&
               depth <= deepest) {
      const auto found = made_of_.find(symbol);
      if (found == made_of_.end()) {
        ids_.put_unknown(bpe_->pieces()[symbol]);
        return;
      }
      const SeenPair pair = found->second;
      put(pair.left, depth + 1);
      put(pair.right, depth + 1);
    } else {
      ids_.put(symbol);
    }
  }

  const ScoreBpe* bpe_;
  SymbolMerger merge_;
  PieceIds ids_;
  std::vector<uint32_t> stretch_;
  std::vector<Apart> apart_;
  std::unordered_map<uint32_t, SeenPair> made_of_;
};

}  // namespace

ScoreBpe::ScoreBpe(const SentencePieceFile& file) : ScoreBpe(file, Unmerged()) { add_merges(); }

ScoreBpe::ScoreBpe(const SentencePieceFile& file, std::span<const WrittenMerge> merges,
                   WholeWords whole)
    : ScoreBpe(file, Unmerged()) {
  whole_ = std::move(whole);
  uint32_t rank = 0;
  for (const WrittenMerge& merge : merges) {
    merges_.add(merge.left, merge.right, {rank++, merge.id});
  }
}

ScoreBpe::ScoreBpe(const SentencePieceFile& file, Unmerged /*ignored*/)
    : SentencePiece(file), merges_(4 * size()) {
  std::vector<uint32_t> user_defined;
  for (const uint32_t id : pieces().in_order()) {
    if (pieces().type(id) == PieceType::user_defined) user_defined.push_back(id);
    if (pieces().type(id) == PieceType::unused) has_unused_ = true;
  }
  if (has_unused_) cut_nowhere();  // how they are taken apart depends on the words before
  unmerged_ = Trie(pieces().in_order(PieceType::user_defined), user_defined);
  find_symbols();
}

void ScoreBpe::find_symbols() {
  const auto is_character = [](std::string_view text) {
    return text::decode(text.data(), text.data() + text.size()).size == text.size();
  };
  size_t num_characters = 0;
  for (const uint32_t id : pieces().in_order()) {
    const std::string_view text = pieces()[id];
    for_each_character(text, [&](size_t, char32_t code) {
      ++num_characters;
      if (is_character(text)) symbols_.set(code, id);
    });
  }
  joined_.resize(std::bit_ceil(num_characters / 4 + 1));  // 16 bits for each
  for (const uint32_t id : pieces().in_order()) {
    uint32_t before = no_id;
    for_each_character(pieces()[id], [&](size_t, char32_t code) {
      if (symbols_[code] == no_id) {
        symbols_.set(code, static_cast<uint32_t>(size() + lone_.size()));
        lone_.push_back(code);
      }
      const uint32_t symbol = symbols_[code];
      if (before != no_id) {
        const size_t bit = place(before, symbol);
        joined_[bit / 64] |= uint64_t{1} << bit % 64;
      }
      before = symbol;
    });
  }
}

void ScoreBpe::add_merges() {
  const std::vector<uint32_t> ids = pieces().in_order();
  std::vector<uint32_t> keys;
  std::vector<std::string_view> texts;
  for (const uint32_t id : ids) {
    keys.push_back(key_of(pieces().score(id)));
    texts.push_back(pieces()[id]);
  }
  std::ranges::sort(keys, std::greater<>());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  const Trie all(texts, ids);
  const auto symbol_of = [&](std::string_view text) {
    const auto found = all.longest(text.data(), text.data() + text.size());
    if (found.size == text.size()) return found.number;
    const text::Decoded first = text::decode(text.data(), text.data() + text.size());
    return first.size == text.size() ? symbols_[first.code] : no_id;
  };
  for (const uint32_t id : ids) {
    const auto rank = static_cast<uint32_t>(
        std::ranges::lower_bound(keys, key_of(pieces().score(id)), std::greater<>()) -
        keys.begin());
    const std::string_view text = pieces()[id];
    for_each_character(text, [&](size_t at, char32_t) {
      if (at == 0) return;
      const uint32_t left = symbol_of(text.substr(0, at));
      const uint32_t right = left == no_id ? no_id : symbol_of(text.substr(at));
      if (right != no_id) merges_.add(left, right, {rank, id});
    });
  }
}

void ScoreBpe::spans(std::string_view text, std::span<const uint32_t> /*ids*/,
                     std::vector<Span>& spans) const {
  ScoreMerger encode(*this, true);
  size_t place = 0;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const char* ends[most_pieces];
    const size_t num = cut(text, at, ends);
    for (size_t i = 0; i < num; at = ends[i++]) {
      encode({at, static_cast<size_t>(ends[i] - at)});
      append_spans(encode.sizes(), place, spans);
    }
  }
}

std::unique_ptr<PieceEncoder> ScoreBpe::piece_encoder() const {
  return std::make_unique<ScoreMerger>(*this);
}

}  // namespace corpusmill::tokenizer
