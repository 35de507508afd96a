// areas: one registration function per area, each in the file of that name.
#pragma once
#include <pybind11/pybind11.h>

namespace corpusmill::bind {

void register_core(pybind11::module_& m);
void register_text(pybind11::module_& m);
void register_ngram(pybind11::module_& m);
void register_contamination(pybind11::module_& m);   // into ngram
void register_ngram_features(pybind11::module_& m);  // into ngram
void register_ngram_counting(pybind11::module_& m);  // into ngram
void register_dedup(pybind11::module_& m);
void register_index(pybind11::module_& m);     // into dedup
void register_passages(pybind11::module_& m);  // into dedup
void register_membership(pybind11::module_& ngram, pybind11::module_& dedup);
void register_tokenizer(pybind11::module_& m);
void register_sentencepiece(pybind11::module_& m);    // into tokenizer
void register_tokenizer_train(pybind11::module_& m);  // into tokenizer
void register_jsonl(pybind11::module_& m);
void register_scoring(pybind11::module_& m);

}  // namespace corpusmill::bind
