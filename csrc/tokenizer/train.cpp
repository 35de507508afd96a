// train: what a merge does to other pairs is gathered by neighbour first, and told to the queue
// once for each.
#include "tokenizer/train.hpp"

#include <string>
#include <utility>

#include "core/hash.hpp"
#include "core/slot_table.hpp"
#include "tokenizer/pair_queue.hpp"
#include "tokenizer/token_text.hpp"

namespace corpusmill::tokenizer {

namespace {

/// The tokens on one side of those that a merge makes: how often each stood beside what is merged,
/// how often it stands beside the new token, and where.
class Neighbours {
 public:
  /// Ids are below it.
  void reset(size_t num_ids) {
    for (const uint32_t id : ids_) all_[id] = {};
    ids_.clear();
    places_.clear();
    if (all_.size() < num_ids) all_.resize(num_ids);
  }

  void lose(uint32_t id, uint64_t count) { look_up(id).lost += count; }

  void gain(uint32_t id, uint32_t place, uint64_t count) {
    Neighbour& one = look_up(id);
    one.gained += count;
    ++one.num_places;
    places_.push_back({id, place});
  }

  /// It was gained, and is merged itself now.
  void take_back(uint32_t id, uint64_t count) { all_[id].gained -= count; }

  /// Calls visit(id, lost, gained, places) for each.
  template <class Visit>
  void for_each(Visit&& visit) {
    sorted_.resize(places_.size());
    uint32_t end = 0;
    for (const uint32_t id : ids_) all_[id].begin = std::exchange(end, end + all_[id].num_places);
    for (const Place& each : places_) sorted_[all_[each.id].begin++] = each.place;
    for (const uint32_t id : ids_) {
      const Neighbour& one = all_[id];
      const size_t size = one.num_places;
      visit(id, one.lost, one.gained, std::span(sorted_).subspan(one.begin - size, size));
    }
  }

 private:
  struct Neighbour {
    uint64_t lost = 0, gained = 0;
    uint32_t num_places = 0, begin = 0;
    bool seen = false;
  };

  struct Place {
    uint32_t id, place;
  };

  Neighbour& look_up(uint32_t id) {
    if (!std::exchange(all_[id].seen, true)) ids_.push_back(id);
    return all_[id];
  }

  std::vector<Neighbour> all_;  // by id
  std::vector<uint32_t> ids_;
  std::vector<Place> places_;
  std::vector<uint32_t> sorted_;
};

class Trainer {
 public:
  Trainer(const ByteBpe& base, const PieceCounter& pieces, const Vocabulary& taken,
          const TrainOptions& options)
      : vocabulary_(&base.bpe().vocabulary()),
        taken_(&taken),
        options_(options),
        text_(pieces.size(), pieces.num_bytes()) {
    for (uint32_t id = 0; id < vocabulary_->size(); ++id) {
      text_.set_size(id, (*vocabulary_)[id].size());
    }
    const auto encode = base.piece_encoder();
    pieces.for_each(
        [&](std::string_view piece, uint64_t count) { text_.add((*encode)(piece), count); });
    text_.end();
  }

  std::vector<std::array<uint32_t, 2>> run() {
    std::vector<std::array<uint32_t, 2>> merges;
    if (options_.num_merges > 0) find_pairs();
    while (merges.size() < options_.num_merges) {
      const auto pair = queue_.pop(options_.min_count);
      if (!pair) break;
      std::string bytes(token(left_of(*pair)));
      bytes += token(right_of(*pair));
      if (vocabulary_->find(bytes) != no_id || taken_->find(bytes) != no_id) continue;
      const auto id = options_.first_id + static_cast<uint32_t>(merges.size());
      text_.set_size(id, bytes.size());
      new_tokens_.push_back(std::move(bytes));
      merges.push_back({left_of(*pair), right_of(*pair)});
      merge(*pair, id);
    }
    return merges;
  }

 private:
  std::string_view token(uint32_t id) const {
    return id < options_.first_id ? (*vocabulary_)[id] : new_tokens_[id - options_.first_id];
  }

  bool is_good(PairKey pair, uint64_t count) const {
    const size_t size = size_t{text_.size_of(left_of(pair))} + text_.size_of(right_of(pair));
    return count >= options_.min_count && size <= options_.longest;
  }

  void find_pairs();
  void merge(PairKey pair, uint32_t id);

  const Vocabulary* vocabulary_;
  const Vocabulary* taken_;
  TrainOptions options_;
  TokenText text_;
  PairQueue queue_;
  std::vector<std::string> new_tokens_;
  Neighbours left_, right_;
};

void Trainer::find_pairs() {
  struct Pair {
    PairKey key;
    uint64_t count = 0;
    size_t num_places = 0, end = 0;
  };
  SlotTable numbers;
  std::vector<Pair> pairs;
  const auto number_of = [&](uint32_t at, uint32_t next) {
    const PairKey pair = pair_of(text_.id(at), text_.id(next));
    const auto number = numbers.find_or_add(
        mix(pair), [&](uint32_t i) { return pairs[i].key == pair; },
        [&](uint32_t i) { return mix(i < pairs.size() ? pairs[i].key : pair); });
    if (number == pairs.size()) pairs.push_back({pair});
    return number;
  };
  text_.for_each_pair([&](uint32_t at, uint32_t next) {
    Pair& pair = pairs[number_of(at, next)];
    pair.count += text_.count(at);
    ++pair.num_places;
  });
  size_t end = 0;
  for (Pair& pair : pairs) pair.end = std::exchange(end, end + pair.num_places);
  PageVector<uint32_t> places(end);
  text_.for_each_pair(
      [&](uint32_t at, uint32_t next) { places[pairs[number_of(at, next)].end++] = at; });
  for (const Pair& pair : pairs) {
    if (!is_good(pair.key, pair.count)) continue;
    queue_.add(pair.key, pair.count,
               std::span(places).subspan(pair.end - pair.num_places, pair.num_places));
  }
}

void Trainer::merge(PairKey pair, uint32_t id) {
  constexpr size_t ahead = 16;
  const uint32_t left = left_of(pair), right = right_of(pair);
  left_.reset(id + size_t{1});
  right_.reset(id + size_t{1});
  const auto places = queue_.places(pair);
  for (size_t i = 0; i < places.size(); ++i) {
    if (i + ahead < places.size()) text_.prefetch(places[i + ahead]);
    const uint32_t at = places[i];
    if (text_.id(at) != left) continue;
    const uint32_t next = text_.next(at);
    if (next == TokenText::none || text_.id(next) != right) continue;
    const uint64_t count = text_.count(at);
    const uint32_t before = text_.before(at), behind = text_.next(next);
    text_.merge(at, next, id);
    if (before != TokenText::none) {
      const uint32_t neighbour = text_.id(before);
      if (neighbour == id) {  // merged just now, and this was behind it
        right_.take_back(left, count);
      } else {
        left_.lose(neighbour, count);
      }
      left_.gain(neighbour, before, count);
    }
    if (behind != TokenText::none) {
      right_.lose(text_.id(behind), count);
      right_.gain(text_.id(behind), at, count);
    }
  }
  const auto tell = [&](PairKey old, uint64_t lost, PairKey made, uint64_t gained, auto at) {
    if (lost > 0 && old != pair) queue_.take(old, lost);
    if (is_good(made, gained)) queue_.add(made, gained, at);
  };
  left_.for_each([&](uint32_t other, uint64_t lost, uint64_t gained, auto at) {
    // NOLINTNEXTLINE(readability-suspicious-call-argument)
    tell(pair_of(other, left), lost, pair_of(other, id), gained, at);
  });
  right_.for_each([&](uint32_t other, uint64_t lost, uint64_t gained, auto at) {
    // NOLINTNEXTLINE(readability-suspicious-call-argument)
    tell(pair_of(right, other), lost, pair_of(id, other), gained, at);
  });
}

}  // namespace

std::vector<std::array<uint32_t, 2>> train(const ByteBpe& base, const PieceCounter& pieces,
                                           const Vocabulary& taken, const TrainOptions& options) {
  return Trainer(base, pieces, taken, options).run();
}

}  // namespace corpusmill::tokenizer
