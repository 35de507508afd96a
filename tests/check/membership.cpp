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

size_t repeats(const Column& docs, text::Piece piece) {
  dedup::ContentSet alone, together;
  const dedup::PieceOptions options{piece, 2};
  const auto one = dedup::repeated_pieces(docs, options, alone, 1);
  const auto many = dedup::repeated_pieces(docs, options, together, threads);
  if (one.lists != many.lists || !std::ranges::equal(one.begin.view(), many.begin.view()) ||
      !std::ranges::equal(one.end.view(), many.end.view())) {
    throw std::logic_error("repeated pieces depend on threads");
  }
  const auto hashed = dedup::hash_pieces(docs, options, false);
  const auto for_filter = dedup::hash_pieces(docs, options, true);
  dedup::ContentSet later;
  ngram::Bloom small(3);
  return one.begin.size() + dedup::seen_before(hashed.pieces, later).size() +
         dedup::seen_before(for_filter.pieces, small).size() +
         text::character_offsets(docs, one.lists, one.begin.view(), threads).size();
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
  return done + repeats(docs, text::Piece::line) + repeats(docs, text::Piece::paragraph);
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
    dedup::ContentSet seen;
    print("repeats", dedup::repeated_pieces(docs, {piece, 1}, seen, threads).end.view());
  }
}

}  // namespace corpusmill::check
