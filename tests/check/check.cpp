// check: the core on hostile documents, for the sanitizers to watch. Compares nothing with oracles;
// the Python tests do. Prints what it ran and how often; with --fingerprint, what came out.
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "areas.hpp"
#include "core/parallel.hpp"
#include "documents.hpp"
#include "fingerprint.hpp"
#include "simd/loops.hpp"

namespace {

using namespace corpusmill;  // NOLINT(google-build-using-namespace)

constexpr int threads = 4;

size_t check_exceptions() {
  try {
    parallel_for(1000, threads, [](size_t block, size_t) {
      if (block == 500) throw std::runtime_error("first");
    });
  } catch (const std::runtime_error&) {
    return 1;
  }
  throw std::logic_error("an exception of a worker was lost");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--levels") == 0) {
    for (const char* level : simd::available_levels()) std::puts(level);
    return 0;
  }
  check::Documents docs(check::hostile_documents());
  const Column column = docs.column();
  if (argc == 2 && std::strcmp(argv[1], "--fingerprint") == 0) {
    check::print_fingerprint(column);
    return 0;
  }
  std::printf(
      "check at %s: text %zu, features %zu, counting %zu, membership %zu, contamination %zu, "
      "dedup %zu, passages %zu, index %zu, special tokens %zu, byte-level BPE %zu, sentencepiece "
      "%zu, wordpiece %zu, written pieces %zu, "
      "training %zu, jsonl %zu, scoring %zu, exceptions %zu\n",
      simd::loops().level, check::check_text(column), check::check_features(column),
      check::check_counting(column), check::check_membership(column),
      check::check_contamination(column), check::check_dedup(column), check::check_passages(column),
      check::check_index(column), check::check_special(column), check::check_byte_bpe(column),
      check::check_sentencepiece(column), check::check_wordpiece(column),
      check::check_written_pieces(column), check::check_tokenizer_train(column),
      check::check_jsonl(), check::check_scoring(), check_exceptions());
  return 0;
}
