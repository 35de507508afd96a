// terms_search: where forms may begin, by the filter; then all ways through the trie from there.
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "ngram/terms.hpp"

namespace corpusmill::ngram {

namespace {

constexpr size_t filter_ahead = 48;  // words between asking for a word of the filter and reading it

/// Bit i: whether kinds[i] of 64 has this one.
template <TermFilter::Kind kind>
uint64_t bits_of(const uint8_t* kinds) {
  uint64_t bits = 0;
  for (size_t i = 0; i < 64; i += 8) {
    uint64_t eight;
    std::memcpy(&eight, kinds + i, 8);
    eight = eight >> std::countr_zero(uint8_t{kind}) & 0x0101010101010101u;
    bits |= eight * 0x0102040810204080u >> 56 << i;
  }
  return bits;
}

}  // namespace

void Terms::find_starts(Scratch& scratch) const {
  using enum TermFilter::Kind;
  const auto& units = scratch.units;
  if (units.empty()) return;
  uint64_t unit = mix(units[0]);
  for (size_t i = 0; i < units.size(); ++i) {
    const uint64_t next = i + 1 < units.size() ? mix(units[i + 1]) : 0;
    if ((filter_.kinds(unit, next) & (alone | both | first)) != 0) {
      scratch.starts.push_back({i, roots_[units[i]]});
    }
    unit = next;
  }
}

// Most words are in no form, which the filter knows of most of them. It is asked about all words
// before anything follows from it, so that nothing waits for memory.
void Terms::number_words(Scratch& scratch, bool last) const {
  using enum TermFilter::Kind;
  Word* const words = scratch.pending.data();
  if (last) words[scratch.num_pending++] = {};
  const size_t count = scratch.num_pending - 1;  // the last one's next is not known
  uint8_t kinds[batch + 64] = {};
  for (size_t i = 0; i < count; ++i) {
    const Word* const later_on = words + std::min(i + filter_ahead, count - 1);
    __builtin_prefetch(filter_.word(later_on[0].hash, later_on[1].hash));
    kinds[i] = static_cast<uint8_t>(filter_.kinds(words[i].hash, words[i + 1].hash));
  }
  kinds[count] = later;
  // Those whose numbers may matter: which word, and whether a form of it and the next may begin
  // here, or one at all.
  constexpr uint32_t pair_flag = flag, start_flag = flag >> 1, end_flag = flag >> 2;
  uint32_t wanted[batch];
  size_t num_wanted = 0;
  for (size_t i = 0; i < count; i += 64) {
    const size_t size = std::min<size_t>(64, count - i);
    const uint64_t here = ~uint64_t{0} >> (64 - size);
    const uint64_t on = bits_of<later>(kinds + i);
    const uint64_t next_on = on >> 1 | uint64_t{(kinds[i + 64] & later) != 0} << 63;
    const uint64_t pairs =
        (bits_of<both>(kinds + i) | (bits_of<first>(kinds + i) & next_on)) & here;
    const uint64_t begins = (pairs | bits_of<alone>(kinds + i)) & here;
    // Within a form is what follows a pair, or what is within one and goes on: the carries of a
    // sum.
    const uint64_t sum = (on | pairs) + pairs + (scratch.within ? 1 : 0);
    const uint64_t within = sum ^ (on | pairs) ^ pairs;
    scratch.within = ((pairs | (on & within)) >> (size - 1) & 1) != 0;
    for (uint64_t bits = (begins | within) & here; bits != 0; bits &= bits - 1) {
      const auto bit = static_cast<uint32_t>(std::countr_zero(bits));
      __builtin_prefetch(words_.line(words[i + bit]));
      wanted[num_wanted++] = (static_cast<uint32_t>(i) + bit) | (pairs >> bit & 1 ? pair_flag : 0) |
                             (begins >> bit & 1 ? start_flag : 0) | (on >> bit & 1 ? 0 : end_flag);
    }
  }
  const size_t base = scratch.units.size(), num_starts = scratch.starts.size();
  scratch.units.resize(base + count, none);
  scratch.starts.resize(num_starts + num_wanted);
  Start* start = scratch.starts.data() + num_starts;
  for (size_t i = 0; i < num_wanted; ++i) {
    constexpr uint32_t index = end_flag - 1;
    const uint32_t at = wanted[i] & index;
    const auto& entry = words_.find(words[at]);
    const bool known = entry.is(words[at]);
    scratch.units[base + at] = known ? entry.unit | (wanted[i] & end_flag) << 2 : none;
    *start = {base + at, entry.node};
    start->node.id &= wanted[i] | ~flag;
    const bool starts = known && (start->node.goes_on() || entry.node.output != none);
    start += starts && (wanted[i] & start_flag) != 0 ? 1 : 0;
  }
  scratch.starts.resize(static_cast<size_t>(start - scratch.starts.data()));
  words[0] = words[count];
  scratch.num_pending = 1;
}

void Terms::add_listed(TermHit hit, std::vector<TermHit>& hits) const {
  for (uint32_t at = hit.term ^ flag; at != 0; at = outputs_[at].next) {
    hits.push_back({outputs_[at].term, hit.unit, hit.paragraph});
  }
}

// All ways from the places of a run are followed unit by unit, so that the memory they need is
// fetched for many at once, and without branches on what is found, which nobody can foretell.
void Terms::find_run(size_t begin, uint64_t& paragraph, Scratch& scratch) const {
  const auto& units = scratch.units;
  const Start* const starts = scratch.starts.data() + begin;
  const auto& paragraph_starts = scratch.paragraph_starts;
  auto& hits = scratch.hits;
  size_t num_ways = std::min(run, scratch.starts.size() - begin);
  uint64_t paragraphs[run];
  uint32_t lanes[run];
  TermNode nodes[run];
  for (uint32_t i = 0; i < num_ways; ++i) {
    while (paragraph < paragraph_starts.size() && paragraph_starts[paragraph] <= starts[i].unit) {
      ++paragraph;
    }
    paragraphs[i] = paragraph;
    lanes[i] = i;
    nodes[i] = starts[i].node;
  }
  hits.clear();
  for (size_t depth = 1; num_ways > 0; ++depth) {
    TermHit listed[run];
    size_t num_hits = hits.size(), num_listed = 0;
    hits.resize(num_hits + num_ways);
    const size_t num_reached = std::exchange(num_ways, 0);
    for (size_t i = 0; i < num_reached; ++i) {
      const auto [id, output] = nodes[i];
      const uint32_t lane = lanes[i];
      const TermHit hit{output, starts[lane].unit, paragraphs[lane]};
      hits[num_hits] = hit;
      num_hits += (output & flag) == 0 ? 1 : 0;
      if ((output & flag) != 0 && output != none) listed[num_listed++] = hit;
      lanes[num_ways] = lane;
      nodes[num_ways].id = id;
      const uint32_t* const next = &units[starts[lane].unit + depth];
      const bool goes_on =
          (id & flag) != 0 && *next != none && (depth == 1 || (next[-1] & flag) == 0);
      num_ways += goes_on ? 1 : 0;
    }
    hits.resize(num_hits);
    for (size_t i = 0; i < num_listed; ++i) add_listed(listed[i], hits);
    const auto unit = [&](size_t i) { return units[starts[lanes[i]].unit + depth] & ~flag; };
    for (size_t i = 0; i < num_ways; ++i) __builtin_prefetch(steps_.line(nodes[i].id, unit(i)));
    for (size_t i = 0; i < num_ways; ++i) nodes[i] = steps_.find(nodes[i].id, unit(i));
  }
  if (several_forms_) {
    std::sort(hits.begin(), hits.end(),
              [](const TermHit& a, const TermHit& b) { return a.unit < b.unit; });
  }
}

}  // namespace corpusmill::ngram
