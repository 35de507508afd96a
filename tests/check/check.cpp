// check: the core on hostile documents, for the sanitizers to watch. Compares nothing with oracles;
// the Python tests do. Prints what it ran and how often; with --fingerprint, what came out.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "core/columns.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "counting.hpp"
#include "dedup/clusters.hpp"
#include "dedup/contents.hpp"
#include "dedup/decide.hpp"
#include "dedup/index_file.hpp"
#include "dedup/index_query.hpp"
#include "dedup/passages.hpp"
#include "dedup/signature.hpp"
#include "documents.hpp"
#include "fingerprint.hpp"
#include "jsonl/append.hpp"
#include "jsonl/fields.hpp"
#include "jsonl/lines.hpp"
#include "jsonl/project.hpp"
#include "jsonl/replace.hpp"
#include "jsonl/scan.hpp"
#include "jsonl/values.hpp"
#include "ngram/contamination.hpp"
#include "ngram/contamination_scan.hpp"
#include "ngram/features.hpp"
#include "simd/loops.hpp"
#include "text/columns.hpp"
#include "text/cut.hpp"

namespace {

using namespace corpusmill;  // NOLINT(google-build-using-namespace)

constexpr int threads = 4;

/// Every second word cut out.
size_t check_cut(const Column& docs) {
  text::Spans spans = text::word_spans(docs, threads);
  for (size_t i = 1; i < spans.begin.size(); i += 2) spans.end[i] = spans.begin[i];
  return text::cut(docs, {spans.lists, spans.begin, spans.end}).data.size();
}

size_t check_text(const Column& docs) {
  size_t done = text::words(docs, threads).strings.offsets.size();
  done += text::word_spans(docs, threads).begin.size();
  for (const auto form : {text::Form::nfc, text::Form::nfd, text::Form::nfkc, text::Form::nfkd}) {
    done += text::normalize(docs, {form, true, true}, threads).offsets.size();
  }
  done += check_cut(docs);
  done += text::counts(docs, threads).words.size();
  return done + validity(docs).size() + dedup::content_hashes(docs, threads).size();
}

/// The decision over all documents; with little memory, most of it goes through scratch files.
dedup::Dropped decide(const Column& docs, const dedup::SignatureOptions& options,
                      dedup::Verify verify, size_t memory) {
  const dedup::Sketches sketches = dedup::sketch(docs, options, threads);
  dedup::Decider decider(dedup::Order(docs.size()), {options.num_hashes, {16, 4}, 0.7, verify, 8},
                         {"/tmp", memory}, threads);
  const std::vector<dedup::Decider::Rows> rows_added{
      {sketches.content_hashes, sketches.signatures}};
  decider.add_rows(rows_added);
  const auto candidates = decider.find_candidates();
  if (verify != dedup::Verify::exact) {
    decider.add_signatures(candidates, candidates, sketches.signatures);
  }
  const auto rows = decider.rows_to_verify();
  decider.add_sets(rows, rows, docs, options.shingles, threads);
  return decider.decide();
}

size_t check_dedup(const Column& docs) {
  size_t dropped = 0;
  for (const auto unit : {ngram::Unit::word, ngram::Unit::character, ngram::Unit::byte}) {
    const dedup::SignatureOptions options{{3, unit}, 64, 5};
    for (const auto verify : {dedup::Verify::exact, dedup::Verify::signature}) {
      const auto found = decide(docs, options, verify, SIZE_MAX);
      const auto out_of_core = decide(docs, options, verify, 10'000);
      if (found.row != out_of_core.row || found.kept != out_of_core.kept) {
        throw std::logic_error("out of core, other rows are dropped");
      }
      dropped += dedup::components(found.row, found.kept, docs.size()).size();
      dropped += dedup::jaccard(docs, found.row, found.kept, options.shingles, threads).size();
    }
    dropped += ngram::hashes(docs, options.shingles, threads).values.size();
    const auto slots = dedup::signatures(docs, options, threads);
    dropped += dedup::buckets({slots, options.num_hashes}, {16, 4}, threads).size();
  }
  return dropped;
}

/// Every document is a text that is looked for in all.
size_t check_contamination(const Column& docs) {
  size_t found = 0;
  for (const auto form : {ngram::WordForm::words, ngram::WordForm::zeros, ngram::WordForm::ascii}) {
    for (const double threshold : {0.0, 0.7}) {
      const bool joined = form == ngram::WordForm::words;
      ngram::ContaminationIndex index({6, 2, form, joined, threshold});
      index.add(docs);
      index.build();
      const ngram::Contamination of = ngram::scan(docs, index, threads);
      found += of.text.size();
      found += text::cut(docs, {of.span_lists, of.begin, of.end}).data.size();
    }
  }
  return found;
}

/// Features by every hash, tokenizer and unit; the same however many threads count.
size_t check_features(const Column& docs) {
  using ngram::FeatureHash, ngram::Tokenizer, ngram::Unit;
  size_t found = 0;
  const auto count = [&](const ngram::FeatureOptions& options) {
    const ngram::Features all = ngram::features(docs, options, threads);
    const std::vector<int64_t> totals = ngram::feature_totals(docs, options, threads);
    const std::vector<double> ones(options.buckets, 1);
    const ngram::FeatureSums sums = ngram::feature_sums(docs, options, ones, threads);
    const auto of_all = std::accumulate(all.count.view().begin(), all.count.view().end(), 0.0);
    const auto of_totals = std::accumulate(totals.begin(), totals.end(), 0.0);
    const auto of_sums = std::accumulate(sums.sum.begin(), sums.sum.end(), 0.0);
    if (of_all != of_totals || of_all != of_sums) {
      throw std::logic_error("n-grams are counted differently");
    }
    found += all.bucket.size();
  };
  for (const auto tokenizer : {Tokenizer::words, Tokenizer::wordpunct, Tokenizer::whitespace}) {
    for (const auto hash : {FeatureHash::fast, FeatureHash::sha256}) {
      count({{1, 2, 5}, 1000, Unit::word, {}, tokenizer, hash});
    }
  }
  for (const auto unit : {Unit::character, Unit::byte}) count({{1, 3}, 1 << 20, unit});
  for (const auto& tokens : {ngram::TokenType{1, false}, ngram::TokenType{1, true}}) {
    count({{2}, 7, Unit::token, tokens});
  }
  return found;
}

/// An index in memory and in a file made with little memory, whole and with its tables damaged.
size_t check_index(const Column& docs) {
  const std::vector<uint32_t> slots =
      dedup::signatures(docs, {{2, ngram::Unit::word}, 24, 0}, threads);
  const dedup::Signatures signatures{slots, 24};
  const dedup::IndexQuery query{{6, 3}, 0.5, true, dedup::Matches::all, 8};
  const auto folder = std::filesystem::temp_directory_path();
  const auto file = folder / "corpusmill-check.index";
  dedup::IndexWriter writer(file.string(), {2, 0, 24, 6, 3, 0, 0, 0.5});
  for (const auto& run : {std::span(slots).first(24 * 100), std::span(slots).subspan(24 * 100)}) {
    writer.append(dedup::IndexSection::signatures, std::as_bytes(run));
  }
  writer.append_tables({folder.string(), 5000}, threads);
  const std::vector<uint32_t> sizes(docs.size(), 1);
  writer.append(dedup::IndexSection::cluster_sizes, std::as_bytes(std::span(sizes)));
  writer.finish(threads);
  const dedup::IndexFile index(file.string());
  index.verify(threads);
  const auto mapped = index.section(dedup::IndexSection::tables);
  const auto mapped_slots = index.section(dedup::IndexSection::signatures);
  const dedup::IndexSegment in_file{
      {{reinterpret_cast<const uint32_t*>(mapped_slots.data()), slots.size()}, 24}, mapped.data()};
  dedup::IndexQuery tight = query;
  tight.resident = 0;
  if (dedup::query_index({&in_file, 1}, signatures, tight, threads).match !=
      dedup::query_index({&in_file, 1}, signatures, query, threads).match) {
    throw std::logic_error("what is let go of is not what it was");
  }
  std::vector<std::byte> tables(mapped.begin(), mapped.end());
  const dedup::IndexSegment segment{signatures, tables.data()};
  size_t found = dedup::query_index({&segment, 1}, signatures, query, threads).match.size();
  Random random(3);
  for (size_t i = 0; i < 300; ++i) {
    tables[random.next() % tables.size()] = static_cast<std::byte>(random.next());
    try {
      found += dedup::query_index({&segment, 1}, signatures, query, threads).match.size();
    } catch (const std::invalid_argument&) {
      ++found;
    }
  }
  std::filesystem::remove(file);
  return found;
}

/// The passages of all documents at once, and of one after the other with little memory.
size_t check_passages(const Column& docs) {
  size_t found = 0;
  for (const dedup::PassageOptions options : {dedup::PassageOptions{16, true}, {150, false}}) {
    const text::Spans spans = dedup::passages(docs, options, threads);
    dedup::PassageFinder finder(options, 0, {"/tmp", 10'000});
    do finder.add(docs, threads);
    while (finder.end_walk(threads));
    if (finder.passages(byte_lengths(docs)).begin != spans.begin) {
      throw std::logic_error("out of core, other passages are found");
    }
    found +=
        spans.begin.size() + text::cut(docs, {spans.lists, spans.begin, spans.end}).data.size();
  }
  return found;
}

/// The rows of a block with one more field, in a buffer that ends where they do.
std::vector<char> with_field(std::string_view block, const jsonl::Lines& rows) {
  const size_t count = rows.offset.size();
  const auto keep = std::make_unique<bool[]>(count);
  std::fill_n(keep.get(), count, true);
  const jsonl::Selection all{
      .offset = rows.offset, .length = rows.length, .keep = {keep.get(), count}};
  std::vector<char> lines(jsonl::gathered_size(block, all));
  jsonl::gather(block, all, lines.data());
  const std::string_view view(lines.data(), lines.size());
  check::Documents values(std::vector<std::string>(count, "-9223372036854775808"));
  const Column column = values.column();
  const jsonl::NewField field{.key = "\"n\"", .values = column};
  const auto places = jsonl::closing_braces(view, count);
  std::vector<char> out(jsonl::appended_size(view, places, field));
  jsonl::append_field(view, places, field, out.data());
  jsonl::replace_field(check::as_view(out), "n", column);
  return out;
}

size_t check_jsonl() {
  size_t rows = 0;
  for (const auto& block : check::hostile_blocks()) {
    const auto bytes = check::as_view(block);
    const jsonl::Lines found = jsonl::scan(bytes, {"text", "id", "id"}).rows;
    rows += jsonl::count_lines(check::as_view(with_field(bytes, found)));
    rows += jsonl::count_fields(bytes, found.offset, found.length, 2).fields.size();
    rows += found.offset.size() + jsonl::count_lines(bytes);
    const jsonl::Lines objects = jsonl::scan(bytes, {}).rows;
    for (const auto& column : jsonl::read_values(bytes, objects.offset, objects.length,
                                                 {{"text"}, {"id", "a"}, {"text", "b"}})) {
      rows += column.kind.size();
    }
    for (size_t i = 0; i < objects.offset.size(); ++i) {
      std::string line(jsonl::line_at(bytes, objects.offset[i], objects.length[i]));
      rows += jsonl::project(line += '\n', {{"id", "\"id\""}, {"text", "\"text\""}}).size();
    }
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
  check::Documents docs(check::hostile_documents());
  const Column column = docs.column();
  if (argc == 2 && std::strcmp(argv[1], "--fingerprint") == 0) {
    check::print_fingerprint(column);
    return 0;
  }
  std::printf(
      "check at %s: text %zu, features %zu, counting %zu, dedup %zu, passages %zu, index %zu, "
      "contamination %zu, "
      "jsonl %zu, exceptions %zu\n",
      simd::loops().level, check_text(column), check_features(column),
      check::check_counting(column), check_dedup(column), check_passages(column),
      check_index(column), check_contamination(column), check_jsonl(), check_exceptions());
  return 0;
}
