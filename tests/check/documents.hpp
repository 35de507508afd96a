// documents: hostile columns and blocks of lines, the same on every machine. Runs nothing on them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/strings.hpp"

namespace corpusmill::check {

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

inline std::string pick(Random& random, const std::vector<std::string>& parts, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += parts[random.next() % parts.size()];
  return out;
}

inline std::vector<std::string> hostile_documents() {
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

/// Blocks of lines that are JSON, nearly, each in memory that ends where it ends.
inline std::vector<std::vector<char>> hostile_blocks() {
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
  std::vector<std::vector<char>> blocks;
  for (size_t i = 0; i < 3000; ++i) {
    const std::string drawn = pick(random, parts, random.next() % 60);
    blocks.emplace_back(drawn.begin(), drawn.end());
  }
  return blocks;
}

inline std::string_view as_view(const std::vector<char>& block) {
  return {block.data(), block.size()};
}

}  // namespace corpusmill::check
