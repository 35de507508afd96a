// piece_normalizer: runs of ASCII by a table of what each becomes, all else by characters.
#include "tokenizer/piece_normalizer.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "text/utf8.hpp"
#include "tokenizer/charsmap.hpp"
#include "tokenizer/eight_bytes.hpp"
#include "tokenizer/text_writer.hpp"

namespace corpusmill::tokenizer {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr size_t run_bytes = 64;

std::vector<uint32_t> numbers_to(size_t size) {
  std::vector<uint32_t> numbers(size);
  std::iota(numbers.begin(), numbers.end(), 0u);
  return numbers;
}

struct NoPlaces {
  static constexpr bool are_kept = false;
  static void add(size_t /*num*/, size_t /*place*/) {}
  static size_t end(size_t /*size*/, size_t place) { return place; }
};

struct KeptPlaces {
  static constexpr bool are_kept = true;
  std::vector<size_t>& all;

  void add(size_t num, size_t place) { all.insert(all.end(), num, place); }

  /// Of a text of so many bytes; what was added beyond it is dropped. Gives the place of its end.
  size_t end(size_t size, size_t place) {
    if (size < all.size()) place = all[size];
    all.resize(size);
    all.push_back(place);
    return place;
  }
};

}  // namespace

PieceNormalizer::PieceNormalizer(const NormalizerSpec& spec,
                                 std::span<const std::string_view> unchanged, bool space_behind,
                                 bool plain_spaces)
    : adds_space_(spec.dummy_prefix),
      space_behind_(space_behind),
      removes_extra_(spec.remove_extra_whitespaces),
      plain_spaces_(plain_spaces),
      space_(spec.escape_whitespaces && !plain_spaces ? space_mark : " "),
      unchanged_(unchanged, numbers_to(unchanged.size())),
      begins_key_((text::last_code_point + 64) / 64) {
  actions_.fill(copy);
  actions_[' '] = put_space;
  if (!spec.charsmap.empty()) {
    const std::vector<Rule> rules = read_charsmap(spec.charsmap);
    std::vector<std::string_view> keys;
    for (const Rule& rule : rules) {
      note(rule.key, &rule.becomes);
      keys.push_back(rule.key);
      becomes_.push_back(rule.becomes);
    }
    rules_ = Trie(keys, numbers_to(keys.size()));
  }
  for (const std::string_view key : unchanged) note(key, nullptr);
  const auto is_copied = [](Action action) { return action == copy; };
  const auto visible = std::span(actions_).subspan(' ' + 1, 0x7f - ' ' - 1);
  const auto other = std::ranges::find_if_not(visible, is_copied);
  if (other != visible.end()) looked_at_ = static_cast<uint8_t>(&*other - actions_.data());
  copies_visible_ = other == visible.end() || std::all_of(other + 1, visible.end(), is_copied);
  copies_blanks_ = copies_visible_ && actions_[' '] == put_space && space_ == " ";
}

/// becomes: null if the key is left as it is.
void PieceNormalizer::note(std::string_view key, const std::string* becomes) {
  const char32_t first = text::decode(key.data(), key.data() + key.size()).code;
  begins_key_[first / 64] |= uint64_t{1} << first % 64;
  any_keys_ = true;
  if (first >= 0x80) return;
  if (becomes != nullptr && key.size() == 1 && *becomes == " " && actions_[first] != look) {
    actions_[first] = put_space;
  } else if (becomes == nullptr || key.size() == 1 || static_cast<uint8_t>(key[1]) < 0x80) {
    actions_[first] = look;
  }
}

PieceNormalizer::Prefix PieceNormalizer::prefix(const char* at, const char* end) const {
  const text::Decoded first = text::decode(at, end);
  if (first.code > text::last_code_point) return {replacement, 1};
  if (begins_key(first.code)) {
    if (const auto found = unchanged_.longest(at, end); found.size != 0) {
      return {{at, found.size}, found.size};
    }
    if (const auto found = rules_.longest(at, end); found.size != 0) {
      return {becomes_[found.number], found.size};
    }
  }
  return {{at, first.size}, first.size};
}

template <class Places>
class PieceNormalizer::Run {
 public:
  Run(const PieceNormalizer& rules, std::string_view document, std::string& scratch, Places places)
      : rules_(rules),
        begin_(document.data()),
        at_(begin_),
        end_(begin_ + document.size()),
        written_(scratch),
        places_(places),
        after_space_(rules.removes_extra_) {}

  std::string_view operator()() {
    if (rules_.removes_extra_) {
      for (Prefix next; at_ != end_ && (next = rules_.prefix(at_, end_)).becomes == " ";) {
        at_ += next.size;
      }
    }
    if (at_ == end_) return places_.end(0, 0), written_.view();
    if (rules_.adds_space_ && !rules_.space_behind_) add_space(place());
    while (at_ != end_) {
      copy_ascii();
      if (at_ == end_) break;
      do {
        if (!copy_kept()) change(rules_.prefix(at_, end_));
      } while (at_ != end_ && static_cast<uint8_t>(*at_) >= 0x80);
    }
    while (rules_.removes_extra_ && written_.view().ends_with(rules_.space_)) {
      written_.drop(rules_.space_.size());
    }
    const size_t last = places_.end(written_.view().size(), place());
    if (rules_.adds_space_ && rules_.space_behind_) add_space(last);
    return written_.view();
  }

 private:
  size_t place() const { return static_cast<size_t>(at_ - begin_); }

  char* put_space(char* out, size_t place) {
    places_.add(rules_.space_.size(), place);
    return std::copy(rules_.space_.begin(), rules_.space_.end(), out);
  }
  void add_space(size_t place) {
    written_.end_at(put_space(written_.room(space_mark.size()), place));
  }

  /// Of the run of ASCII that begins here, up to what is to be looked at. Its last character may
  /// begin a key that goes on beyond it.
  void copy_ascii() {
    const size_t most = std::min(static_cast<size_t>(end_ - at_), run_bytes);
    const char* stop = at_ + text::ascii_prefix({at_, most});
    if (rules_.any_keys_ && stop != at_ && stop != end_) --stop;
    char* out = written_.room(run_bytes * space_mark.size() + 8);
    for (; at_ != stop; ++at_) {
      if (rules_.copies_visible_) out = copy_visible(out, stop);
      if (at_ == stop) break;
      const Action action = rules_.actions_[static_cast<uint8_t>(*at_)];
      if (action == look) break;
      if (action == copy) {
        places_.add(1, place());
        *out++ = *at_;
      } else if (!after_space_) {
        out = put_space(out, place());
      }
      after_space_ = rules_.removes_extra_ && action == Action::put_space;
    }
    written_.end_at(out);
  }

  /// Writes up to eight bytes more than are copied, for which there is room.
  char* copy_visible(char* out, const char* stop) {
    while (stop - at_ >= 8) {
      uint64_t eight;
      std::memcpy(&eight, at_, 8);
      std::memcpy(out, &eight, 8);
      uint64_t stops = eight_bytes::unseen(eight, rules_.looked_at_, rules_.copies_blanks_);
      if (rules_.removes_extra_) stops |= eight_bytes::extra_blanks(eight, after_space_);
      const size_t num = eight_bytes::num_before(stops);
      for (size_t i = 0; i < num && Places::are_kept; ++i) places_.add(1, place() + i);
      if (num != 0) after_space_ = rules_.removes_extra_ && at_[num - 1] == ' ';
      at_ += num;
      out += num;
      if (num != 8) break;
    }
    return out;
  }

  /// One character; false if it may become another, or a space.
  bool copy_kept() {
    const text::Decoded next = text::decode(at_, end_);
    if (!rules_.is_kept(next.code)) return false;
    char* const out = written_.room(4);
    for (size_t i = 0; i < next.size; ++i) out[i] = at_[i];
    places_.add(next.size, place());
    written_.end_at(out + next.size);
    after_space_ = false;
    at_ += next.size;
    return true;
  }

  void change(Prefix next) {
    while (after_space_ && next.becomes.starts_with(' ')) next.becomes.remove_prefix(1);
    char* out = written_.room(next.becomes.size() * space_mark.size());
    for (std::string_view left = next.becomes; !left.empty();) {
      const bool is_mark = rules_.plain_spaces_ && left.starts_with(space_mark);
      if (is_mark || left[0] == ' ') {
        out = put_space(out, place());
      } else {
        places_.add(1, place());
        *out++ = left[0];
      }
      left.remove_prefix(is_mark ? space_mark.size() : 1);
    }
    written_.end_at(out);
    if (!next.becomes.empty()) after_space_ = rules_.removes_extra_ && next.becomes.back() == ' ';
    at_ += next.size;
  }

  const PieceNormalizer& rules_;
  const char* begin_;
  const char* at_;
  const char* end_;
  TextWriter written_;
  Places places_;
  bool after_space_;  // one that swallows those behind it
};

std::string_view PieceNormalizer::operator()(std::string_view document,
                                             std::string& scratch) const {
  return Run(*this, document, scratch, NoPlaces())();
}

std::string_view PieceNormalizer::operator()(std::string_view document, std::string& scratch,
                                             std::vector<size_t>& places) const {
  return Run(*this, document, scratch, KeptPlaces{places})();
}

}  // namespace corpusmill::tokenizer
