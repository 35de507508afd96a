// check: the core on hostile documents, for the sanitizers to watch. Compares nothing with oracles;
// the Python tests do. Prints what it ran and how often.
#include <cstdio>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/columns.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "dedup/clusters.hpp"
#include "dedup/decide.hpp"
#include "dedup/signature.hpp"
#include "jsonl/fields.hpp"
#include "jsonl/lines.hpp"
#include "jsonl/scan.hpp"
#include "simd/loops.hpp"
#include "text/columns.hpp"

namespace {

using namespace corpusmill;  // NOLINT(google-build-using-namespace)

constexpr int threads = 4;

/// A large_string array in memory that ends where its last document ends.
class Documents {
 public:
  explicit Documents(const std::vector<std::string>& docs) {
    for (const std::string& doc : docs) {
      data_.insert(data_.end(), doc.begin(), doc.end());
      offsets_.push_back(static_cast<int64_t>(data_.size()));
    }
    data_.shrink_to_fit();
    array_.length = static_cast<int64_t>(docs.size());
  }
  Column column() {
    buffers_[1] = offsets_.data();
    buffers_[2] = data_.data();
    return Column({Strings(array_, Strings::Layout::offsets64)});
  }

 private:
  std::vector<int64_t> offsets_{0};
  std::vector<char> data_;
  const void* buffers_[3] = {};
  ArrowArray array_{0, 0, 0, 3, 0, buffers_, nullptr, nullptr, nullptr, nullptr};
};

std::string pick(Random& random, const std::vector<std::string>& parts, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += parts[random.next() % parts.size()];
  return out;
}

std::vector<std::string> hostile_documents() {
  const std::vector<std::string> parts = {"a ",
                                          "the ",
                                          "\xc3",
                                          "\xc3\xa9",
                                          "\xe3\x81\x82",
                                          "\xcc\x81",
                                          "\xf0\x9f\x98\x80 ",
                                          "\xed\xa0\x80",
                                          "\xff",
                                          std::string(1, '\0'),
                                          "\xc8\xba",
                                          "Word_9",
                                          "\xe2\x84\xaa",
                                          "\xea\xb0\x80",
                                          "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8",
                                          " \t\n"};
  Random random(1);
  std::vector<std::string> docs = {"", " ", "x", std::string(100'000, 'z')};
  for (size_t i = 0; i < 600; ++i) docs.push_back(pick(random, parts, random.next() % 200));
  for (size_t i = 0; i < 200; ++i) docs.push_back(docs[random.next() % docs.size()] + " end");
  docs.push_back(pick(random, parts, 50'000));
  return docs;
}

size_t check_text(const Column& docs) {
  size_t done = text::words(docs, threads).strings.offsets.size();
  for (const auto form : {text::Form::nfc, text::Form::nfd, text::Form::nfkc, text::Form::nfkd}) {
    done += text::normalize(docs, {form, true, true}, threads).offsets.size();
  }
  done += text::counts(docs, threads).words.size();
  return done + validity(docs).size() + content_hashes(docs, threads).size();
}

size_t check_dedup(const Column& docs) {
  size_t dropped = 0;
  for (const auto unit : {ngram::Unit::word, ngram::Unit::character, ngram::Unit::byte}) {
    const dedup::SignatureOptions options{{3, unit}, 64, 5};
    const dedup::Sketches sketches = dedup::sketch(docs, options, threads);
    const dedup::Signatures signatures{sketches.signatures, 64};
    std::vector<int64_t> order(docs.size());
    std::iota(order.begin(), order.end(), 0);
    dedup::Decider decider(signatures, sketches.content_hashes, order,
                           {{16, 4}, 0.7, dedup::Verify::exact, 8}, threads);
    const auto candidates = decider.candidates();
    decider.add_sets(candidates, candidates, docs, options.shingles, threads);
    const auto found = decider.decide();
    dropped += dedup::components(found.row, found.kept, docs.size()).size();
    dropped += ngram::hashes(docs, options.shingles, threads).values.size();
    dropped += dedup::jaccard(docs, found.row, found.kept, options.shingles, threads).size();
  }
  return dropped;
}

size_t check_jsonl() {
  const std::vector<std::string> parts = {"{\"text\": \"",
                                          "\"}",
                                          "\\n",
                                          "\\u00e9",
                                          "\\ud83d\\ude00",
                                          "\\ud800",
                                          "\xc3\xa9",
                                          "\xff",
                                          "[[[",
                                          "]",
                                          "{",
                                          "}",
                                          "1e5",
                                          "-",
                                          ", ",
                                          "\": ",
                                          "\"id\": ",
                                          "true",
                                          "\n",
                                          "\r\n",
                                          "text words in between, to reach a wide loop "};
  Random random(2);
  size_t rows = 0;
  for (size_t i = 0; i < 3000; ++i) {
    const std::string drawn = pick(random, parts, random.next() % 60);
    const std::vector<char> block(drawn.begin(), drawn.end());  // no room after the last byte
    const std::string_view bytes(block.data(), block.size());
    const jsonl::Lines found = jsonl::scan(bytes, {"text", "id", "id"}).rows;
    rows += jsonl::count_fields(bytes, found.offset, found.length, 2).fields.size();
    rows += found.offset.size();
    rows += static_cast<size_t>(jsonl::count_lines(bytes));
  }
  return rows;
}

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
  Documents docs(hostile_documents());
  const Column column = docs.column();
  std::printf("check at %s: text %zu, dedup %zu, jsonl %zu, exceptions %zu\n", simd::loops().level,
              check_text(column), check_dedup(column), check_jsonl(), check_exceptions());
  return 0;
}
