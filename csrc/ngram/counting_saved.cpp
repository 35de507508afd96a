// counting_saved: where all that was counted lies, as numbers, and a counter that goes on from
// there. Counts nothing.
//
// The file has records of parts and words in the order in which they were written; the numbers are
//     its size | parts | pieces of words, each: offset, size, hash
//     of each order: n-grams | pieces, each: part, offset, 4 * records + their form, hash
#include <algorithm>
#include <cstring>
#include <utility>

#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "ngram/counting.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t words_at_once = 1 << 20;  // bytes
constexpr size_t padding = 16;             // that can be read behind a word

}  // namespace

struct GramCounter::Saved {
  struct Piece {
    uint64_t part;
    GramParts::Extent extent;
  };
  struct Order {
    uint64_t total;
    std::vector<Piece> pieces;
  };

  explicit Saved(std::span<const uint64_t> numbers, size_t num_orders) : next(numbers.data()) {
    size = *next++;
    num_parts = *next++;
    words.resize(*next++);
    for (WordExtent& extent : words) extent = {next[0], next[1], next[2]}, next += 3;
    orders.resize(num_orders);
    for (Order& order : orders) {
      order.total = *next++;
      order.pieces.resize(*next++);
      for (auto& [part, extent] : order.pieces) {
        part = next[0];
        extent = {next[1], next[3], next[2] >> 2, static_cast<GramForm>(next[2] & 3)};
        next += 4;
      }
    }
  }

  const uint64_t* next;
  uint64_t size, num_parts;
  std::vector<WordExtent> words;
  std::vector<Order> orders;
};

std::vector<uint64_t> GramCounter::save() {
  const auto& workers = workers_.tools();
  parallel_for(workers.size(), threads_, [&](size_t w, size_t /*unused*/) {
    for (GramParts& parts : workers[w]->parts) parts.spill_all();
  });
  save_words();
  std::vector<uint64_t> numbers{scratch_.size(), num_parts_, saved_words_.size()};
  for (const auto& [offset, size, hash] : saved_words_) {
    numbers.insert(numbers.end(), {offset, size, hash});
  }
  for (size_t order = 0; order < options_.orders.size(); ++order) {
    numbers.push_back(total(order));
    const size_t num_pieces = numbers.size();
    numbers.push_back(0);
    for (const auto& worker : workers) {
      for (size_t part = 0; part < num_parts_; ++part) {
        for (const auto& at : worker->parts[order].written(part)) {
          numbers.insert(numbers.end(), {part, at.offset,
                                         at.count << 2 | static_cast<uint64_t>(at.form), at.hash});
          ++numbers[num_pieces];
        }
      }
    }
  }
  return numbers;
}

// Each with its size before it.
void GramCounter::save_words() {
  const Vocabulary& words = vocabulary_.words;
  std::string some;
  while (num_saved_words_ < words.size()) {
    some.clear();
    while (num_saved_words_ < words.size() && some.size() < words_at_once) {
      const std::string_view word = words[static_cast<uint32_t>(num_saved_words_++)];
      const auto size = static_cast<uint32_t>(word.size());
      some.append(reinterpret_cast<const char*>(&size), sizeof size).append(word);
    }
    saved_words_.push_back({scratch_.append(some.data(), some.size()), some.size(), xxh3_64(some)});
  }
}

bool GramCounter::read_words(const std::vector<WordExtent>& extents, Vocabulary& words) const {
  std::string some;
  for (const auto& [offset, bytes, hash] : extents) {
    some.assign(bytes + padding, '\0');
    scratch_.read(offset, some.data(), bytes);
    if (xxh3_64({some.data(), bytes}) != hash) return false;
    for (size_t at = 0; at < bytes;) {
      uint32_t size = 0;
      std::memcpy(&size, &some[at], sizeof size);
      const char* const word = &some[at + sizeof size];
      words.add(Word::of(word, size), {word, size});
      at += sizeof size + size;
    }
    if (words.bytes() > vocabulary_.most_bytes) return false;
  }
  return true;
}

bool GramCounter::go_on(std::span<const uint64_t> saved) {
  const Saved from(saved, options_.orders.size());
  scratch_.go_on_at(from.size);
  if (go_on(from)) return true;
  scratch_.clear();
  return false;
}

bool GramCounter::go_on(const Saved& saved) {
  // What share() does not fall below when the words are there.
  const size_t least = 3 * (options_.room.memory / 8) / static_cast<size_t>(threads_);
  Vocabulary words;
  if (2 * saved.num_parts * ChunkStore::chunk_bytes > least / options_.orders.size() ||
      !read_words(saved.words, words)) {
    return false;
  }
  Worker& first = *workers_.tools().front();
  num_parts_ = saved.num_parts;
  for (const auto& worker : workers_.tools()) make_parts(*worker);
  for (size_t order = 0; order < options_.orders.size(); ++order) {
    first.totals[order] = saved.orders[order].total;
    for (const auto& [part, extent] : saved.orders[order].pieces) {
      first.parts[order].take_over(part, extent);
    }
  }
  num_saved_words_ = words.size();
  saved_words_ = saved.words;
  vocabulary_.words = std::move(words);
  vocabulary_.bytes = vocabulary_.words.bytes();
  return true;
}

}  // namespace corpusmill::ngram
