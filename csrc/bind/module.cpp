// module: the shape of corpusmill._core, one submodule per area. No logic.
#include "bind/areas.hpp"
#include "simd/loops.hpp"

PYBIND11_MODULE(_core, m, pybind11::mod_gil_not_used()) {
  using namespace corpusmill::bind;  // NOLINT(google-build-using-namespace)
  corpusmill::simd::loops();         // a wrong CORPUSMILL_SIMD is an error at import, not later
  auto core = m.def_submodule("core");
  auto text = m.def_submodule("text");
  auto ngram = m.def_submodule("ngram");
  auto dedup = m.def_submodule("dedup");
  auto tokenizer = m.def_submodule("tokenizer");
  auto jsonl = m.def_submodule("jsonl");
  auto scoring = m.def_submodule("scoring");
  register_core(core);
  register_text(text);
  register_ngram(ngram);
  register_contamination(ngram);
  register_ngram_features(ngram);
  register_ngram_counting(ngram);
  register_dedup(dedup);
  register_index(dedup);
  register_passages(dedup);
  register_membership(ngram, dedup);
  register_tokenizer(tokenizer);
  register_sentencepiece(tokenizer);
  register_tokenizer_train(tokenizer);
  register_jsonl(jsonl);
  register_scoring(scoring);
}
