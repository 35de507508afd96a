// counting: every answer once with room and once with little, by one thread and by several.
#include "ngram/counting.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "areas.hpp"
#include "documents.hpp"
#include "ngram/term_counts.hpp"
#include "text/columns.hpp"

namespace corpusmill::check {

namespace {

/// By a counter that goes on from one that went on from another.
ngram::Grams count_saved(const Column& docs, ngram::Unit unit, const std::string& folder) {
  const std::string name = "corpusmill-check-" + std::to_string(getpid());
  const ngram::CountOptions options{{1, 2, 7}, unit, 1 << 20, {folder, 8'000'000}, name};
  std::vector<uint64_t> saved;
  bool there = true;
  for (const int threads : {4, 1}) {
    ngram::GramCounter counter(options, threads);
    if (saved.empty()) {
      counter.add(docs, threads);
    } else {
      there = counter.go_on(saved) && there;
    }
    saved = counter.save();
  }
  ngram::GramCounter counter(options, 4);
  there = counter.go_on(saved) && there;
  std::filesystem::remove(folder + "/" + name);
  if (!there) throw std::logic_error("what was saved is not gone on with");
  return counter.all(2, 1);
}

size_t count_grams(const Column& docs, ngram::Unit unit) {
  const std::string folder = std::filesystem::temp_directory_path().string();
  size_t done = 0;
  std::vector<ngram::Grams> all;
  for (const int threads : {1, 4}) {
    for (const size_t memory : {size_t{8'000'000}, SIZE_MAX}) {
      ngram::GramCounter counter({{1, 2, 7}, unit, 1 << 20, {folder, memory}, {}}, threads);
      counter.add(docs, threads);
      all.push_back(counter.all(2, 1));
      done += counter.all(2, 2).counts.view().size();
      const size_t parts = counter.num_parts();
      done += counter.top(1, {100, 2, 0, parts}).counts.view().size() +
              counter.lexicon(2, {50, 1, 0, parts}, counter.unit_counts()).counts.view().size();
    }
  }
  all.push_back(count_saved(docs, unit, folder));
  for (const ngram::Grams& one : all) {
    if (!std::ranges::equal(one.counts.view(), all[0].counts.view()) ||
        !std::ranges::equal(one.texts.view(), all[0].texts.view())) {
      throw std::logic_error("other n-grams are counted with other memory or threads");
    }
  }
  return done;
}

/// Documents as lists of ids of one byte are their bytes.
size_t count_ids(const Column& docs) {
  std::vector<ngram::Grams> found;
  for (const auto unit : {ngram::Unit::byte, ngram::Unit::token}) {
    ngram::GramCounter counter({{3}, unit, 1 << 20, {{}, SIZE_MAX}, {}, {1, false}}, 4);
    counter.add(docs, 4);
    found.push_back(counter.all(0, 1));
  }
  if (!std::ranges::equal(found[0].counts.view(), found[1].counts.view()) ||
      4 * found[0].texts.view().size() != found[1].texts.view().size()) {
    throw std::logic_error("ids are not counted as the bytes they are");
  }
  return found[0].counts.view().size();
}

/// A vocabulary that does not fit is told of as often as documents are added, and harms nothing.
size_t count_beyond_memory(const Column& docs) {
  const std::string folder = std::filesystem::temp_directory_path().string();
  ngram::GramCounter counter({{1, 2}, ngram::Unit::word, 1 << 20, {folder, 64}, {}}, 1);
  size_t refused = 0;
  for (int time = 0; time < 3; ++time) {
    try {
      counter.add(docs, 1);
    } catch (const std::length_error&) {
      ++refused;
    }
  }
  if (refused < 3) throw std::logic_error("words beyond the memory are taken");
  return refused;
}

/// The words of the documents themselves, by themselves and by threes.
std::vector<std::string> own_terms(const Column& docs) {
  const text::FlatLists words = text::words(docs, 4);
  const auto word = [&](size_t i) {
    const auto& at = words.strings.offsets;
    return std::string(words.strings.data.begin() + at[i], words.strings.data.begin() + at[i + 1]);
  };
  std::vector<std::string> terms;
  for (size_t i = 0; i + 3 < words.strings.offsets.size() && terms.size() < 4000; i += 2) {
    const std::string three = word(i) + " " + word(i + 1) + "-" + word(i + 2);
    if (three.size() > ngram::Terms::longest) continue;
    terms.push_back(word(i));
    terms.push_back(three);
  }
  return terms;
}

size_t count_terms(const Column& docs, const ngram::TermOptions& options) {
  const std::vector<std::string> forms = own_terms(docs);
  Documents column(forms);
  std::vector<uint32_t> numbers(forms.size());
  std::iota(numbers.begin(), numbers.end(), 0u);
  const ngram::Terms terms(column.column(), numbers, options);
  std::vector<ngram::TermPair> pairs;
  for (uint32_t i = 0; i + 1 < numbers.size(); ++i) pairs.push_back({i, i + 1});
  std::vector<ngram::TermCounts> all;
  std::vector<ngram::ListedTerms> listed;
  for (const int threads : {1, 4}) {
    ngram::TermCounter counter(terms, {pairs, {0, 10, SIZE_MAX / 2}, true}, threads);
    listed.push_back(counter.add(docs, threads));
    all.push_back(counter.counts());
  }
  if (all[0].pair_windows != all[1].pair_windows || listed[0].terms.row != listed[1].terms.row ||
      listed[0].terms.what != listed[1].terms.what ||
      listed[0].pairs.counts != listed[1].pairs.counts) {
    throw std::logic_error("other terms are counted by other numbers of threads");
  }
  return listed[0].terms.row.size() + listed[0].pairs.row.size();
}

}  // namespace

size_t check_counting(const Column& docs) {
  size_t done = count_beyond_memory(docs) + count_ids(docs);
  for (const auto unit : {ngram::Unit::word, ngram::Unit::character, ngram::Unit::byte}) {
    done += count_grams(docs, unit);
  }
  for (const bool words : {true, false}) {
    for (const bool cased : {true, false}) done += count_terms(docs, {words, cased});
  }
  return done;
}

}  // namespace corpusmill::check
