// tokenizer_families: one registration function per family of tokenizers beside byte-level BPE,
// each in the file of that name.
#pragma once
#include <pybind11/pybind11.h>

namespace corpusmill::bind {

void register_tokenizer_wordpiece(pybind11::module_& m);
void register_tokenizer_pieces(pybind11::module_& m);

}  // namespace corpusmill::bind
