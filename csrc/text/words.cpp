// words: masks of word bytes, corrected where the text is not ASCII, then cut into words.
#include "text/words.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "simd/loops.hpp"
#include "text/unicode_tables.hpp"
#include "text/utf8.hpp"

namespace corpusmill::text {

namespace {

constexpr size_t readable_after_word = 16;

size_t lowest_bit(uint64_t bits) { return static_cast<size_t>(std::countr_zero(bits)); }

uint64_t from_bit(size_t i) { return ~uint64_t{0} << (i & 63); }

// How much of the text to take at once: no code point is cut in two.
size_t chunk_of(std::string_view text) {
  constexpr size_t most = WordScratch::chunk_size;
  if (text.size() <= most) return text.size();
  for (size_t size = most; size > most - 4; --size) {
    if ((static_cast<uint8_t>(text[size]) & 0xC0) != 0x80) return size;
  }
  return most;  // no character has four trailing bytes: the last of them is invalid
}

char32_t lower_of(char32_t code, uint8_t number) {
  return code + static_cast<char32_t>(property_record[number].to_lower);
}

// Appends the positions of the set bits; those that are set in twice, twice.
uint16_t* append_positions(uint64_t bits, uint64_t twice, size_t base, uint16_t* out) {
  for (; bits != 0; bits &= bits - 1) {
    const auto position = static_cast<uint16_t>(base + lowest_bit(bits));
    *out++ = position;
    if (twice == 0) continue;
    *out = position;
    out += (twice & bits & -bits) != 0;
  }
  return out;
}

}  // namespace

bool WordWalk::next() {
  if (num_bounds_ % 2 != 0) {
    const size_t begin = scratch_.bounds[num_bounds_ - 1];
    keep(scratch_.lower + begin, at_ - begin, origin_ + begin);
  }
  if (odd_size_ != 0) {
    keep(odd_lower_, odd_lower_size_, origin_ + at_);
    at_ += odd_size_;
  }
  if (at_ == size_) {
    if (rest_.empty() && open_size_ == 0) return false;
    load();
  }
  const size_t end = mark();
  const uint64_t breaks = scratch_.breaks[end / 64] >> (end & 63) & 1;
  break_ahead_ = odd_size_ == 0 ? breaks : 0;
  split(end, odd_size_ != 0 ? breaks != 0 : rest_.empty());
  at_ = end;
  return true;
}

void WordWalk::load() {
  WordScratch& s = scratch_;
  origin_ += size_;
  size_ = chunk_of(rest_);
  at_ = 0;
  const size_t last = size_ / 64;
  s.word[last] = s.high[last] = 0;
  simd::loops().classify(rest_.data(), size_, s.lower, s.word, s.high);
  for (size_t block = 0; block <= last; ++block) s.word[block] |= s.high[block];
  std::fill_n(s.breaks, last + 1, 0);
  s.breaks[0] = break_ahead_;
  rest_.remove_prefix(size_);
}

// Corrects the masks, in which every byte from 0x80 on is a word's, from at_ on, and lowers what is
// not ASCII. Returns where the stretch ends: with the chunk or before an odd character.
size_t WordWalk::mark() {
  marked_ = at_;
  odd_size_ = 0;
  for (size_t block = at_ / 64; block <= size_ / 64; ++block) {
    uint64_t high = scratch_.high[block];
    if (high == 0) continue;
    if (marked_ > 64 * block) high &= from_bit(marked_);
    if (!mark_block(block, high)) return marked_;
  }
  return size_;
}

// The same for the characters that begin in one block; false if it met an odd one. The masks are
// kept in registers: what reaches past the block, as only the last character can, is added after.
bool WordWalk::mark_block(size_t block, uint64_t high) {
  char* const text = scratch_.lower + 64 * block;
  const char* const end = scratch_.lower + size_;
  uint64_t word = scratch_.word[block], breaks = scratch_.breaks[block];
  size_t done = 0, separated = 0, broken = 0;  // ends of: characters, separators, standalone words
  while (high != 0) {
    const size_t bit = lowest_bit(high);
    const auto [code, size] = decode(text + bit, end);
    const uint64_t here = high & -high, after = here << size;
    high &= -after;
    done = bit + size;
    const uint8_t number = property_number(code);
    // Marks matter only behind a break: this way scripts full of marks do not mispredict.
    const auto num_inert = static_cast<uint8_t>((breaks == 0 ? kind_end : kind_mark) - kind_plain);
    if (static_cast<uint8_t>(number - kind_plain) < num_inert) continue;
    if (number >= kind_standalone) {  // or a mark, which takes over the break before it
      const uint64_t alone = number < kind_plain ? here : 0;
      const uint64_t own = (breaks & here) | alone;
      breaks = (breaks & ~here) | alone | own << size;
      broken = own != 0 ? done : broken;
    } else if (number < kind_lowers) {
      word &= ~(after - here);
      separated = done;
    } else if (!lower_in_place(text + bit, lower_of(code, number), size)) {
      done = bit;
      break;
    }
  }
  scratch_.word[block] = word;
  scratch_.breaks[block] = breaks;
  if (done >= 64 && done == separated) scratch_.word[block + 1] &= from_bit(done);
  if (done >= 64 && done == broken) scratch_.breaks[block + 1] |= uint64_t{1} << (done & 63);
  marked_ = 64 * block + done;
  return odd_size_ == 0;
}

bool WordWalk::lower_in_place(char* at, char32_t lowered, uint32_t size) {
  odd_lower_size_ = encode(lowered, odd_lower_);
  if (odd_lower_size_ == size) {
    std::memcpy(at, odd_lower_, size);
    return true;
  }
  odd_size_ = size;
  return false;
}

// Writes the bounds of the words in [at_, end). A word that reaches the end ends there if closed
// and else runs on.
void WordWalk::split(size_t end, bool closed) {
  WordScratch& s = scratch_;
  const size_t first = at_ / 64, last = end / 64;
  const uint64_t later = s.word[last] & from_bit(end);
  s.word[last] ^= later;
  s.word[first] &= from_bit(at_);
  uint16_t* bounds = s.bounds;
  const bool was_open = open_size_ != 0;
  uint64_t carry = was_open ? uint64_t{1} << (at_ & 63) : 0;
  if (was_open) *bounds++ = static_cast<uint16_t>(at_);
  for (size_t block = first; block <= last; ++block) {
    const uint64_t word = s.word[block];
    const uint64_t before = word << 1 | carry;
    carry = word >> 63;
    const uint64_t within = word & before & s.breaks[block];
    bounds = append_positions((word ^ before) | within, within, 64 * block, bounds);
  }
  s.word[last] |= later;
  num_bounds_ = static_cast<size_t>(bounds - s.bounds);
  if (num_bounds_ % 2 == 0 && num_bounds_ != 0 && bounds[-1] == end && !closed) --num_bounds_;
  carried_size_ = 0;
  if (was_open && num_bounds_ > 1) {
    keep(s.lower + at_, s.bounds[1] - at_, origin_ + at_);
    carried_size_ = open_size_;
    open_size_ = 0;
  }
}

// Adds to the open word; one that is not open yet begins at this place of the document.
void WordWalk::keep(const char* bytes, size_t size, size_t place) {
  if (open_size_ == 0) open_begin_ = place;
  std::vector<char>& open = scratch_.open;
  const size_t needed = open_size_ + size + readable_after_word;
  if (open.size() < needed) open.resize(std::max(2 * open.size(), needed));
  std::memcpy(open.data() + open_size_, bytes, size);
  open_size_ += size;
}

}  // namespace corpusmill::text
