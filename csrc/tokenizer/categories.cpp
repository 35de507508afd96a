// categories: equal blocks of 128 codes are kept once.
#include "tokenizer/categories.hpp"

#include <map>

namespace corpusmill::tokenizer {

namespace {

constexpr size_t num_codes = 0x110000 + 0x100;  // and one for each invalid byte
constexpr size_t block_size = 128;

}  // namespace

Categories::Categories() {
  std::map<std::vector<uint8_t>, uint16_t> known;
  size_t run = 0;
  for (size_t first = 0; first < num_codes; first += block_size) {
    std::vector<uint8_t> block(block_size);
    for (size_t i = 0; i < block_size; ++i) {
      while (run + 1 < num_category_runs && category_runs[run + 1] >> 4 <= first + i) ++run;
      block[i] = first + i < 0x110000 ? category_runs[run] & 15 : other;
    }
    const auto [found, is_new] = known.try_emplace(block, static_cast<uint16_t>(known.size()));
    if (is_new) values_.insert(values_.end(), block.begin(), block.end());
    blocks_.push_back(found->second);
  }
}

const Categories& Categories::get() {
  static const Categories all;
  return all;
}

}  // namespace corpusmill::tokenizer
