// terms_search: where forms may begin, by the filter; then all ways through the trie from there.
#include <algorithm>
#include <utility>

#include "ngram/terms.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t ahead = 12;  // words between the wish for a slot and its use

}  // namespace

void Terms::find_places(Scratch& scratch) const {
  using enum TermFilter::Kind;
  const auto& units = scratch.units;
  if (units.empty()) return;
  uint64_t unit = mix(units[0]);
  for (size_t i = 0; i < units.size(); ++i) {
    const uint64_t next = i + 1 < units.size() ? mix(units[i + 1]) : 0;
    if ((filter_.kinds(unit, next) & (alone | both | first)) != 0) scratch.places.push_back(i);
    unit = next;
  }
}

// Most words are in no form, which the filter knows of most of them. What will be asked for is
// wished for in time: a word's slot, then its entry.
void Terms::number_words(Scratch& scratch, bool last) const {
  std::vector<Word>& words = scratch.pending;
  if (last) words.emplace_back();
  const size_t count = words.size() - 1;  // the last one's next is not known
  const size_t base = scratch.units.size();
  scratch.units.resize(base + count, none);
  scratch.places.resize(scratch.places.size() + count);
  uint64_t* place = scratch.places.data() + scratch.places.size() - count;
  uint32_t* wanted = scratch.wanted.data();
  // Apart from what follows on it, so that nothing waits for memory.
  uint64_t kinds[batch];
  for (size_t i = 0; i < count; ++i) {
    kinds[i] = filter_.kinds(words[i].hash, words[i + 1].hash);
  }
  kinds[count] = TermFilter::later;
  bool within = scratch.within;
  for (size_t i = 0; i < count; ++i) {
    using enum TermFilter::Kind;
    const bool later_on = (kinds[i + 1] & later) != 0;
    const bool pair = (kinds[i] & (later_on ? both | first : both)) != 0;
    const bool begins = pair || (kinds[i] & alone) != 0;
    *place = base + i;
    place += begins ? 1 : 0;
    *wanted = static_cast<uint32_t>(i);
    wanted += begins || within ? 1 : 0;
    within = pair || (within && (kinds[i] & later) != 0);
  }
  scratch.within = within;
  scratch.places.resize(static_cast<size_t>(place - scratch.places.data()));
  const auto num_wanted = static_cast<size_t>(wanted - scratch.wanted.data());
  wanted = scratch.wanted.data();
  for (size_t i = 0; i < num_wanted; ++i) {
    if (i + 2 * ahead < num_wanted) vocabulary_.prefetch(words[wanted[i + 2 * ahead]]);
    if (i + ahead < num_wanted) vocabulary_.prefetch_entry(words[wanted[i + ahead]]);
    const Word& word = words[wanted[i]];
    scratch.units[base + wanted[i]] =
        word.is_long() ? static_cast<uint32_t>(word.half[0]) : vocabulary_.find(word, {});
  }
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count));
}

// All ways from the places of a run are followed unit by unit, so that the memory they need is
// fetched for many at once.
void Terms::find_run(size_t begin, uint64_t& paragraph, Scratch& scratch) const {
  const auto& units = scratch.units;
  const auto& places = scratch.places;
  const auto& starts = scratch.paragraph_starts;
  auto& hits = scratch.hits;
  hits.clear();
  uint64_t paragraphs[run];
  Path paths[run];
  size_t num_paths = 0;
  const auto reach = [&](const Node& node, uint32_t lane, size_t next) {
    if (node.output != none) {
      const TermHit hit{node.output, places[begin + lane], paragraphs[lane]};
      if ((node.output & flag) == 0) hits.push_back(hit);
      for (uint32_t out = (node.output & flag) == 0 ? 0 : node.output ^ flag; out != 0;) {
        hits.push_back({outputs_[out].term, hit.unit, hit.paragraph});
        out = outputs_[out].next;
      }
    }
    if ((node.id & flag) == 0 || next == units.size() || units[next] == none) return;
    paths[num_paths++] = {lane, node.id};
    __builtin_prefetch(&edges_[slot_of(node.id, units[next])]);
  };
  const size_t lanes = std::min(run, places.size() - begin);
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    if (begin + lane + ahead < places.size()) {
      const uint32_t soon = units[places[begin + lane + ahead]];
      if (soon != none) __builtin_prefetch(&roots_[soon]);
    }
    const size_t at = places[begin + lane];
    while (paragraph < starts.size() && starts[paragraph] <= at) ++paragraph;
    paragraphs[lane] = paragraph;
    if (units[at] != none) reach(roots_[units[at]], lane, at + 1);
  }
  for (size_t depth = 1; num_paths > 0; ++depth) {
    const size_t followed = std::exchange(num_paths, 0);
    for (size_t i = 0; i < followed; ++i) {
      const Path path = paths[i];
      const size_t at = places[begin + path.lane] + depth;
      reach(child(path.node, units[at]), path.lane, at + 1);
    }
  }
  if (several_forms_) {
    std::sort(hits.begin(), hits.end(),
              [](const TermHit& a, const TermHit& b) { return a.unit < b.unit; });
  }
}

}  // namespace corpusmill::ngram
