// categories: the runs, written out.
#include "tokenizer/categories.hpp"

#include <algorithm>

namespace corpusmill::tokenizer {

Categories::Categories() : of_code_(0x110000 + 0x100, other) {  // the last 256: invalid bytes
  for (size_t run = 0; run < num_category_runs; ++run) {
    const size_t end = run + 1 < num_category_runs ? category_runs[run + 1] >> 4 : 0x110000;
    std::fill(of_code_.begin() + (category_runs[run] >> 4),
              of_code_.begin() + static_cast<std::ptrdiff_t>(end),
              static_cast<uint8_t>(category_runs[run] & 15));
  }
}

const Categories& Categories::get() {
  static const Categories all;
  return all;
}

}  // namespace corpusmill::tokenizer
