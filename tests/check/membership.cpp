// membership: every unit, several threads at once on one filter, a file and a damaged one.
#include "ngram/membership.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "areas.hpp"
#include "dedup/piece_hashes.hpp"
#include "fingerprint.hpp"
#include "ngram/bloom_file.hpp"
#include "text/characters.hpp"

namespace corpusmill::check {

namespace {

constexpr int threads = 4;

std::vector<ngram::ItemOptions> all_options() {
  using ngram::ItemUnit;
  return {{2, ItemUnit::word, 1, false},
          {5, ItemUnit::character, 3, true},
          {5, ItemUnit::character, 1, false},
          {7, ItemUnit::byte, 2, false},
          {1, ItemUnit::line, 1, false},
          {1, ItemUnit::paragraph, 1, false},
          {3, ItemUnit::token, 2, false, {1, false}}};
}

/// Four threads add to it at once, as others look on between.
void fill(ngram::Bloom& filter, const Column& docs, const ngram::ItemOptions& options) {
  std::vector<std::jthread> adding;
  for (int i = 0; i < threads; ++i) {
    adding.emplace_back([&] {
      {
        const Sides::Hold hold(filter.sides(), Sides::Side::adding);
        ngram::add(filter, docs, options, 2);
      }
      const Sides::Hold hold(filter.sides(), Sides::Side::looking);
      filter.load(1);
    });
  }
}

size_t in_file(const ngram::Bloom& filter) {
  const auto path = own_file(".filter");
  const ngram::BloomOptions options{2, 0, 1, 0, 100, 0.01};
  ngram::save_bloom(path.string(), filter, options, 100);
  auto opened = ngram::open_bloom(path.string(), true);
  opened.filter->open();
  opened.filter->merge(filter, threads);
  size_t refused = 0;
  for (size_t at = 0; at < sizeof(ngram::BloomHeader); ++at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const auto byte = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(~byte)).flush();
    try {
      ngram::open_bloom(path.string(), false);
    } catch (const std::invalid_argument&) {
      ++refused;
    }
    file.seekp(static_cast<std::streamoff>(at)).put(byte);
  }
  if (refused != sizeof(ngram::BloomHeader)) throw std::logic_error("a damaged header was taken");
  std::filesystem::remove(path);
  return refused;
}

bool equal(const dedup::PieceSpans& a, const dedup::PieceSpans& b) {
  return a.lists == b.lists && std::ranges::equal(a.begin.view(), b.begin.view()) &&
         std::ranges::equal(a.end.view(), b.end.view());
}

size_t repeats(const Column& docs, const dedup::PieceOptions& options) {
  dedup::ContentSet alone, together;
  const auto one = dedup::repeated_pieces(docs, options, alone, 1);
  ngram::Bloom small(3), as_small(3);
  uint64_t count = 0, same_count = 0;
  const auto by_filter = dedup::repeated_pieces(docs, options, small, count, 1);
  if (!equal(one, dedup::repeated_pieces(docs, options, together, threads)) ||
      !equal(by_filter, dedup::repeated_pieces(docs, options, as_small, same_count, threads)) ||
      count != same_count) {
    throw std::logic_error("repeated pieces depend on threads");
  }
  return one.begin.size() + by_filter.begin.size();
}

size_t hashes(const Column& docs, text::Piece piece) {
  const auto hashed = dedup::hash_pieces(docs, {piece, 2}, false);
  const auto for_filter = dedup::hash_pieces(docs, {piece, 2}, true);
  dedup::ContentSet seen;
  ngram::Bloom small(3);
  dedup::seen_before(hashed.pieces, seen);
  dedup::seen_before(for_filter.pieces, small);
  if (dedup::seen_in(hashed.pieces, seen) != dedup::seen_in(for_filter.pieces, small)) {
    throw std::logic_error("pieces that were added are not there");
  }
  return hashed.pieces.size();
}

size_t check_pieces(const Column& docs, text::Piece piece) {
  const dedup::PieceOptions first{piece, 2}, none{piece, 2, false};
  dedup::ContentSet seen;
  const auto found = dedup::repeated_pieces(docs, none, seen, threads);
  return repeats(docs, first) + repeats(docs, none) + hashes(docs, piece) +
         text::character_offsets(docs, found.lists, found.begin.view(), threads).size();
}

}  // namespace

size_t check_membership(const Column& docs) {
  size_t done = 0;
  for (const auto& options : all_options()) {
    ngram::Bloom filter(70);
    fill(filter, docs, options);
    done += ngram::contains(filter, docs, options, threads).values.size();
    done += ngram::count_members(filter, docs, options, threads).items.size();
    done += ngram::longest_spans(filter, docs, options, threads).begins.size();
    done += in_file(filter);
  }
  return done + check_pieces(docs, text::Piece::line) + check_pieces(docs, text::Piece::paragraph);
}

void print_membership(const Column& docs) {
  size_t number = 0;
  for (const auto& options : all_options()) {
    const std::string name = "filter " + std::to_string(number++);
    ngram::Bloom filter(7000);
    auto every_third = options;
    every_third.stride = 3;
    ngram::add(filter, docs, every_third, threads);
    print(name, filter.words());
    print(name + " members", ngram::contains(filter, docs, options, threads).values);
    print(name + " spans", ngram::longest_spans(filter, docs, options, threads).ends);
  }
  for (const auto piece : {text::Piece::line, text::Piece::paragraph}) {
    for (const bool keep_first : {true, false}) {
      dedup::ContentSet seen;
      const dedup::PieceOptions options{piece, 1, keep_first};
      print("repeats", dedup::repeated_pieces(docs, options, seen, threads).end.view());
    }
  }
}

}  // namespace corpusmill::check
