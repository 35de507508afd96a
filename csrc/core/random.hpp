// random: a stream of 64-bit numbers that a seed fixes for ever (splitmix64, Steele et al. 2014).
// For salts, not for secrets.
#pragma once
#include <cstdint>

namespace corpusmill {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

}  // namespace corpusmill
