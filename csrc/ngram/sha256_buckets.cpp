// sha256_buckets: padding (FIPS 180-4, 5.1.1) and the remainder of a 256-bit number.
#include "ngram/sha256_buckets.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/hash.hpp"

namespace corpusmill::ngram {

namespace {

using Block = std::array<uint8_t, 64>;

constexpr size_t most_in_one = 55;  // bytes, beside the end mark and the 8 bytes of the length

// The 64 bytes from 64 - size on keep so many.
constexpr auto keep_mask = [] {
  std::array<uint8_t, 128> mask{};
  std::fill_n(mask.begin(), 64, uint8_t{0xff});
  return mask;
}();

// A block's content, its end mark, and zeros; size is below 64.
void pad(const char* text, size_t size, Block& block) {
  std::memcpy(block.data(), text, 64);
  const uint8_t* const keep = keep_mask.data() + 64 - size;
  for (size_t i = 0; i < 64; ++i) block[i] &= keep[i];
  block[size] = 0x80;
}

void put_length(size_t size, Block& block) {
  const uint64_t bits = uint64_t{size} * 8;
  for (size_t i = 0; i < 8; ++i) block[63 - i] = static_cast<uint8_t>(bits >> (8 * i));
}

void compress(const Block* blocks, size_t count, std::array<uint32_t, 8>* states) {
  simd::sha256()(reinterpret_cast<const simd::Sha256Block*>(blocks), count,
                 reinterpret_cast<simd::Sha256State*>(states));
}

}  // namespace

Sha256Buckets::Sha256Buckets(uint32_t buckets)
    : buckets_(buckets),
      known_(num_known),
      found_(batch),
      pending_(batch),
      blocks_(batch),
      states_(batch) {
  uint64_t power = 1 % buckets;
  for (size_t i = 8; i-- > 0; power = (power << 32) % buckets) powers_[i] = power;
}

void Sha256Buckets::add(const char* text, size_t size, bool is_frequent) {
  const size_t number = num_++;
  Known* known = nullptr;
  Key key{};
  if (is_frequent && size <= longest_known) {
    key = key_of(text, size);
    known = &place_of(key);
    if (known->key == key) {
      found_[number] = known->bucket;
      return;
    }
  }
  pending_[num_pending_] = {number, known, key};
  std::copy_n(simd::sha256_initial, 8, states_[num_pending_].begin());
  if (size <= most_in_one) {
    add_block(text, size);
  } else {
    add_blocks(text, size);
  }
  ++num_pending_;
}

Sha256Buckets::Key Sha256Buckets::key_of(const char* text, size_t size) {
  const auto part = [=](size_t i) {
    uint64_t bytes, keep;
    std::memcpy(&bytes, text + 8 * i, 8);
    std::memcpy(&keep, keep_mask.data() + 64 - size + 8 * i, 8);
    return bytes & keep;
  };
  return {part(0), part(1), part(2) | uint64_t{size} << 56};
}

Sha256Buckets::Known& Sha256Buckets::place_of(const Key& key) {
  const uint64_t hash = multiply_fold(key.first ^ 0x9e3779b97f4a7c15u,
                                      (key.second + key.third) ^ 0xd6e8feb86659fd93u);
  return known_[hash % num_known];
}

void Sha256Buckets::add_block(const char* text, size_t size) {
  auto& block = blocks_[num_pending_];
  pad(text, size, block);
  block[62] = static_cast<uint8_t>(size >> 5);
  block[63] = static_cast<uint8_t>(size << 3);
}

// Compresses all blocks but the last.
void Sha256Buckets::add_blocks(const char* text, size_t size) {
  auto& state = states_[num_pending_];
  auto& last = blocks_[num_pending_];
  const size_t whole = size / 64, rest = size % 64;
  for (size_t i = 0; i < whole; ++i) {
    std::memcpy(last.data(), text + 64 * i, 64);
    compress(&last, 1, &state);
  }
  pad(text + 64 * whole, rest, last);
  if (rest > most_in_one) {
    compress(&last, 1, &state);
    last = {};
  }
  put_length(size, last);
}

std::span<const uint32_t> Sha256Buckets::take() {
  compress(blocks_.data(), num_pending_, states_.data());
  for (size_t i = 0; i < num_pending_; ++i) {
    uint64_t sum = 0;
    for (size_t j = 0; j < 8; ++j) sum += states_[i][j] * powers_[j];
    const auto bucket = static_cast<uint32_t>(sum % buckets_);
    const Pending& text = pending_[i];
    found_[text.number] = bucket;
    if (text.known != nullptr) *text.known = {text.key, bucket};
  }
  num_pending_ = 0;
  return {found_.data(), std::exchange(num_, 0)};
}

}  // namespace corpusmill::ngram
