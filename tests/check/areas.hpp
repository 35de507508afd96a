// areas: what is checked of each area, on hostile documents and lines. Each gives how many answers
// there were, and throws std::logic_error if one depends on memory or on the number of threads.
#pragma once
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <string>

#include "core/strings.hpp"

namespace corpusmill::check {

/// A file for this process alone: several drivers may run at once.
inline std::filesystem::path own_file(const std::string& ending) {
  const std::string name = "corpusmill-check-" + std::to_string(getpid()) + ending;
  return std::filesystem::temp_directory_path() / name;
}

size_t check_text(const Column& docs);
size_t check_features(const Column& docs);
size_t check_counting(const Column& docs);
size_t check_membership(const Column& docs);
size_t check_contamination(const Column& docs);
size_t check_dedup(const Column& docs);
size_t check_passages(const Column& docs);
size_t check_index(const Column& docs);
size_t check_special(const Column& docs);
size_t check_byte_bpe(const Column& docs);
size_t check_sentencepiece(const Column& docs);
size_t check_tokenizer_train(const Column& docs);
size_t check_wordpiece(const Column& docs);
size_t check_written_pieces(const Column& docs);
size_t check_jsonl();
size_t check_scoring();

/// The answers of check_membership as hashes, a line each.
void print_membership(const Column& docs);

}  // namespace corpusmill::check
