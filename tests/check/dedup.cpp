// dedup: decisions, indices and passages over hostile documents, in memory and out of core.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <vector>

#include "areas.hpp"
#include "core/columns.hpp"
#include "core/random.hpp"
#include "dedup/clusters.hpp"
#include "dedup/decide.hpp"
#include "dedup/index_file.hpp"
#include "dedup/index_query.hpp"
#include "dedup/passages.hpp"
#include "dedup/sketch.hpp"
#include "text/cut.hpp"

namespace corpusmill::check {

namespace {

constexpr int threads = 4;

/// The decision over all documents; with little memory, most of it goes through scratch files.
dedup::Dropped decide(const Column& docs, const dedup::SignatureOptions& options,
                      dedup::Verify verify, size_t memory) {
  const auto same = verify == dedup::Verify::exact ? dedup::Same::bytes : dedup::Same::shingles;
  const dedup::Sketches sketches = dedup::sketch(docs, options, same, threads);
  dedup::Decider decider(dedup::Order(docs.size()), {options.num_hashes, {16, 4}, 0.7, verify, 8},
                         {"/tmp", memory}, threads);
  const std::vector<dedup::Decider::Rows> rows_added{{sketches.hashes, sketches.signatures, {}}};
  decider.add_rows(rows_added);
  const auto candidates = decider.find_candidates();
  if (verify != dedup::Verify::exact) {
    decider.add_signatures(candidates, candidates, sketches.signatures);
  }
  const auto rows = decider.rows_to_verify();
  decider.add_sets(rows, rows, docs, options.shingles, threads);
  return decider.decide();
}

}  // namespace

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

/// An index in memory and in a file made with little memory, whole and with its tables damaged.
size_t check_index(const Column& docs) {
  const std::vector<uint32_t> slots =
      dedup::signatures(docs, {{2, ngram::Unit::word}, 24, 0}, threads);
  const dedup::Signatures signatures{slots, 24};
  const dedup::IndexQuery query{{6, 3}, 0.5, true, dedup::Matches::all, 8};
  const auto folder = std::filesystem::temp_directory_path();
  const auto file = own_file(".index");
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
    dedup::PassageFinder finder(options, 0, {"/tmp", 10'000}, threads);
    do finder.add(docs, 0, threads);
    while (finder.end_walk());
    if (finder.passages(0, byte_lengths(docs), threads).begin != spans.begin) {
      throw std::logic_error("out of core, other passages are found");
    }
    found +=
        spans.begin.size() + text::cut(docs, {spans.lists, spans.begin, spans.end}).data.size();
  }
  return found;
}

}  // namespace corpusmill::check
