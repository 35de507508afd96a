// bert_characters: runs unrolled.
#include "tokenizer/bert_characters.hpp"

#include <vector>

#include "text/unicode_tables.hpp"
#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

namespace {

std::vector<BertCharacter> unrolled() {
  std::vector<BertCharacter> all(text::last_code_point + 1);
  for (size_t run = 0; run < num_bert_flag_runs; ++run) {
    const char32_t first = bert_flag_runs[run] >> 8;
    const char32_t behind =
        run + 1 < num_bert_flag_runs ? bert_flag_runs[run + 1] >> 8 : text::last_code_point + 1;
    for (char32_t code = first; code < behind; ++code) all[code].flags = bert_flag_runs[run] & 255;
  }
  for (size_t i = 0; i < num_bert_lower_runs; ++i) {
    const BertLowerRun& run = bert_lower_runs[i];
    for (char32_t code = run.first; code <= run.last; code += run.step) {
      all[code].to_lower = run.to_lower;
    }
  }
  return all;
}

}  // namespace

const BertCharacters& bert_characters() {
  static const BertCharacters all(
      [codes = unrolled()](char32_t code) { return codes[code < codes.size() ? code : 0xFFFD]; });
  return all;
}

uint8_t bert_combining_class(char32_t code) {
  return bert_characters()[code].is(bert_late) ? 0 : text::properties(code).combining_class;
}

}  // namespace corpusmill::tokenizer
