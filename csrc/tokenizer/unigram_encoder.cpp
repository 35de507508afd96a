// unigram_encoder: places are reached from left to right; where nothing reaches beyond one, the way
// to it is settled.
#include "tokenizer/unigram_encoder.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace corpusmill::tokenizer {

namespace {

constexpr float largest_sum = 100'000;  // from a larger one on sums begin anew
constexpr float infinite = std::numeric_limits<float>::infinity();

constexpr int lead_bits = 8;  // of a lead that are left out, so that it fits where ids are kept

bool remembers(const Unigram& unigram) { return unigram.size() <= PackedIds::largest + size_t{1}; }

/// Twice a bound of a unit in the last place of sums up to this.
double last_place(double sum) { return sum * 0x1p-22; }

/// Bytes of a character of well-formed UTF-8.
size_t character_size(char lead) {
  const auto byte = static_cast<uint8_t>(lead);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

UnigramEncoder::UnigramEncoder(const Unigram& unigram, size_t cache_bytes, bool with_sizes)
    : unigram_(&unigram),
      short_(remembers(unigram) ? cache_bytes / 3 * 2 : 0),
      long_(remembers(unigram) ? cache_bytes / 3 : 0),
      ids_(unigram.pieces(), with_sizes),
      nodes_(first_nodes()) {}

size_t UnigramEncoder::first_nodes() const { return Long::Key::longest + unigram_->longest() + 4; }

void UnigramEncoder::let_go() {
  nodes_ = std::vector<Node>(first_nodes());
  path_ = std::vector<uint32_t>();
  found_ = std::vector<uint32_t>();
  ids_.let_go();
}

void UnigramEncoder::begin(std::string_view text) {
  text_ = text;
  at_ = text.data();
  end_ = at_ + text.size();
  total_ = 0;
  covered_ = -1;
  ids_.begin();
}

std::span<const uint32_t> UnigramEncoder::more() {
  ids_.clear_ids();
  while (ids_.ids().empty() && at_ != end_) {
    cut();
    for (size_t i = 0; i < num_words_; ++i) encode(words_[i]);
  }
  return ids_.ids();
}

void UnigramEncoder::cut() {
  const char* ends[most_pieces];
  num_words_ = unigram_->cut(text_, at_, ends);
  for (size_t i = 0; i < num_words_; ++i) {
    Word& word = words_[i];
    word.text = {at_, static_cast<size_t>(ends[i] - at_)};
    if (word.text.size() <= Short::Key::longest && !short_.empty()) {
      word.key = Short::Key::of(word.text, end_);
      word.hash = word.key.hash();
      short_.prefetch(word.hash);
    }
    at_ = ends[i];
  }
}

void UnigramEncoder::encode(const Word& word) {
  if (word.text.size() <= Short::Key::longest && !short_.empty()) {
    recall(short_, word.key, word.hash, word.text);
  } else if (word.text.size() <= Long::Key::longest && !long_.empty()) {
    const auto key = Long::Key::of(word.text, end_);
    recall(long_, key, key.hash(), word.text);
  } else {
    find_best(word.text);
  }
}

template <class Cache>
void UnigramEncoder::recall(Cache& cache, const Cache::Key& key, uint64_t hash,
                            std::string_view word) {
  const char* const known = cache.find(key, cache.line(hash));
  if (known != nullptr && repeat(PackedIds(known))) return;
  find_best(word);
  const float lead = lead_of(word.size());
  if (known != nullptr || !(lead > 0) || found_.size() >= Cache::most_ids) return;
  if (unigram_->pieces().falls_back_to_bytes() && has_unknown()) return;
  found_.push_back(std::bit_cast<uint32_t>(lead) >> lead_bits);
  cache.add(key, hash, found_);
}

bool UnigramEncoder::has_unknown() const {
  return std::ranges::find(found_, unigram_->pieces().unknown()) != found_.end();
}

/// How far the word's best way is ahead, for each of its pieces, of which there are no more than
/// bytes, whatever was rounded just now. Of a word that is remembered.
float UnigramEncoder::lead_of(size_t size) const {
  const auto pieces = static_cast<double>(size + 1);
  const double sums = std::abs(total_) + static_cast<double>(size) * unigram_->largest_score();
  return static_cast<float>(lead_ / pieces - last_place(sums));
}

/// What lead is enough for a word behind sums of up to `covered_`, twice as far as they are now.
void UnigramEncoder::cover() {
  const double word = static_cast<double>(Long::Key::longest) * unigram_->largest_score();
  const double now = std::abs(total_) + word;
  const double most = std::max(now, std::min<double>(2 * now, largest_sum));
  covered_ = most - word;
  least_lead_ = now > largest_sum ? infinite : last_place(most);
}

bool UnigramEncoder::repeat(const PackedIds& known) {
  const size_t num = known.size() - 1;
  const auto lead = std::bit_cast<float>(known[num] << lead_bits);
  if (std::abs(total_) > covered_) cover();
  if (!(lead > least_lead_)) return false;
  const uint32_t unknown = unigram_->pieces().unknown();
  bool all_known = true;
  uint32_t* const ids = ids_.room(Short::most_ids);
  for (size_t i = 0; i < num; ++i) {
    ids[i] = known[i];
    total_ += unigram_->score(ids[i]);
    all_known &= ids[i] != unknown;
  }
  if (all_known) {
    ids_.wrote(num);
    return true;
  }
  for (size_t i = 0; i < num; ++i) {
    if (known[i] == unknown) {
      ids_.put_unknown();
    } else {
      ids_.put(known[i]);
    }
  }
  return true;
}

void UnigramEncoder::find_best(std::string_view word) {
  const Trie& trie = unigram_->trie();
  const char* const end = word.data() + word.size();
  const char* begin = word.data();  // of the stretch
  lead_ = infinite;
  found_.clear();
  nodes_[0].score = total_;
  furthest_ = 0;
  for (const char* at = begin; at != end;) {
    auto from = static_cast<size_t>(at - begin);
    if (from == furthest_ && from != 0) {
      settle({begin, from});
      begin = at;
      from = furthest_ = 0;
    }
    if (nodes_.size() < from + unigram_->longest() + 4) nodes_.resize(2 * nodes_.size());
    if (std::abs(nodes_[from].score) > largest_sum) rebase(from);
    const float here = nodes_[from].score;
    const char* const next = at + character_size(*at);
    bool has_character = false;
    uint32_t place = Trie::root;
    for (const char* to = at; to != end && trie.step(place, *to);) {
      ++to;
      const uint32_t id = trie.number(place);
      if (id == Trie::none) continue;
      has_character |= to == next;
      reach(from, static_cast<size_t>(to - begin), here + unigram_->score(id), id);
    }
    if (!has_character) {
      reach(from, static_cast<size_t>(next - begin), here + unigram_->unknown_score(),
            unigram_->pieces().unknown());
    }
    at = next;
  }
  settle({begin, static_cast<size_t>(end - begin)});
}

/// Sums from here on are counted from here.
void UnigramEncoder::rebase(size_t from) {
  const float here = nodes_[from].score;
  covered_ = -1;
  for (size_t to = from; to <= furthest_; ++to) nodes_[to].score -= here;
}

/// Of ways that are as good the one found first stays, whose last piece is the longest.
inline void UnigramEncoder::reach(size_t from, size_t to, float score, uint32_t id) {
  while (furthest_ < to) nodes_[++furthest_].from = nowhere;
  Node& node = nodes_[to];
  if (node.from == nowhere) {
    node = {score, infinite, static_cast<uint32_t>(from), id};
    return;
  }
  const float ahead = score - node.score;
  if (ahead > 0) {
    node = {score, ahead, static_cast<uint32_t>(from), id};
  } else {
    node.lead = std::min(node.lead, -ahead);
  }
}

/// Puts the ids of the best way to the end of the stretch, where all ways meet.
void UnigramEncoder::settle(std::string_view stretch) {
  path_.clear();
  for (auto to = static_cast<uint32_t>(stretch.size()); to != 0; to = nodes_[to].from) {
    path_.push_back(to);
  }
  uint32_t from = 0;
  for (size_t i = path_.size(); i-- > 0; from = path_[i]) {
    const Node& node = nodes_[path_[i]];
    lead_ = std::min(lead_, node.lead);
    found_.push_back(node.id);
    if (node.id == unigram_->pieces().unknown()) {
      ids_.put_unknown(stretch.substr(from, path_[i] - from));
    } else {
      ids_.put(node.id);
    }
  }
  total_ = nodes_[stretch.size()].score;
  nodes_[0].score = total_;
}

}  // namespace corpusmill::tokenizer
