// classes: what the patterns of tokenizers tell apart, of 64 bytes at once, for the level being
// compiled. Included by loops.cpp alone; everything has internal linkage.
#pragma once
#include <cstddef>

#include "simd/bytes.hpp"
#include "simd/loops.hpp"

namespace {

void text_classes(const char* text, size_t size, corpusmill::simd::TextClasses* classes) {
  const Bytes bytes = size < 64 ? load_first(text, size, '\x80') : Bytes::load(text);
  classes->high = bytes.high();
  classes->upper = bytes.between('A', 'Z');
  classes->lower = bytes.between('a', 'z');
  classes->digit = bytes.between('0', '9');
  classes->blank = bytes.equal(' ');
  classes->space = bytes.between('\t', '\r') | classes->blank;
  classes->control = (bytes.below(' ') | bytes.equal('\x7f')) & ~classes->space;
  classes->newline = bytes.equal('\n') | bytes.equal('\r');
  classes->quote = bytes.equal('\'');
}

}  // namespace
