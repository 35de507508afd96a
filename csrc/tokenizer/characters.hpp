// characters: a text one character after the other, each as the set of bits that it is in. Knows no
// patterns.
#pragma once
#include <cstdint>

#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

struct Character {
  uint32_t set;
  const char* end;  // where it ends in the text
  bool in(uint32_t sets) const { return (set & sets) != 0; }
};

/// SetOf: tells the set of a code of utf8.hpp.
template <class SetOf>
class Characters {
 public:
  Characters(SetOf set_of, const char* end) : end_(end), set_of_(set_of) {}

 protected:
  /// The one at `at`; needs at < end.
  Character look(const char* at) const {
    const text::Decoded decoded = text::decode(at, end_);
    return {set_of_(decoded.code), at + decoded.size};
  }

  /// Where those end that are in `sets`.
  const char* run(const char* at, uint32_t sets) const {
    while (at != end_) {
      const Character next = look(at);
      if (!next.in(sets)) break;
      at = next.end;
    }
    return at;
  }

  const char* const end_;

 private:
  SetOf set_of_;
};

}  // namespace corpusmill::tokenizer
