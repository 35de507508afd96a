// write: runs that stand for themselves are copied whole.
#include "jsonl/write.hpp"

#include <stdexcept>

#include "jsonl/run.hpp"

namespace corpusmill::jsonl {

namespace {

void append(JsonTexts& out, std::string_view text) {
  out.data.insert(out.data.end(), text.begin(), text.end());
}

void end_row(JsonTexts& out) { out.offsets.push_back(static_cast<int64_t>(out.data.size())); }

void append_value(JsonTexts& out, const Column& values, size_t row) {
  append(out, values.is_null(row) ? "null" : values[row]);
}

// What JSON writes for a character that it lets be escaped in short; nothing for others.
std::string_view short_escape(char c) {
  switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return {};
  }
}

void append_escape(JsonTexts& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto code = static_cast<uint8_t>(c);
  if (code >= 0x80) throw std::invalid_argument("a string holds bytes that are not UTF-8");
  const std::string_view escape = short_escape(c);
  append(out, escape.empty() ? "\\u00" : escape);
  if (!escape.empty()) return;
  append(out, hex.substr(code >> 4, 1));
  append(out, hex.substr(code & 15, 1));
}

void append_string(JsonTexts& out, std::string_view text) {
  const char* end = text.data() + text.size();
  append(out, "\"");
  for (const char* at = text.data(); at < end;) {
    const size_t run = run_length(at, end);
    append(out, {at, run});
    at += run;
    if (at < end) append_escape(out, *at++);
  }
  append(out, "\"");
}

}  // namespace

JsonTexts write_strings(const Column& strings) {
  JsonTexts out;
  for (const auto& block : strings.blocks(strings.size() + 1)) {
    for (size_t i = block.begin; i < block.end; ++i) {
      if (block.strings->is_null(i)) {
        append(out, "null");
      } else {
        append_string(out, (*block.strings)[i]);
      }
      end_row(out);
    }
  }
  return out;
}

JsonTexts write_objects(const std::vector<std::string>& keys,
                        const std::vector<const Column*>& values, std::span<const bool> valid,
                        std::string_view end) {
  bool fits = keys.size() == values.size();
  for (const Column* column : values) fits = fits && column->size() == valid.size();
  if (!fits) throw std::invalid_argument("values: expected a column of all rows for each key");
  JsonTexts out;
  for (size_t row = 0; row < valid.size(); ++row) {
    if (valid[row]) {
      append(out, "{");
      for (size_t i = 0; i < keys.size(); ++i) {
        if (i > 0) append(out, ",");
        append(out, keys[i]);
        append(out, ":");
        append_value(out, *values[i], row);
      }
      append(out, "}");
    } else {
      append(out, "null");
    }
    append(out, end);
    end_row(out);
  }
  return out;
}

JsonTexts write_arrays(std::span<const int64_t> offsets, const Column& items,
                       std::span<const bool> valid) {
  if (offsets.size() != valid.size() + 1) {
    throw std::invalid_argument("offsets: expected one more than rows");
  }
  JsonTexts out;
  for (size_t row = 0; row < valid.size(); ++row) {
    const auto first = static_cast<size_t>(offsets[row]);
    const auto last = static_cast<size_t>(offsets[row + 1]);
    if (first > last || last > items.size()) {
      throw std::invalid_argument("offsets: expected them ascending, and inside the items");
    }
    if (valid[row]) {
      append(out, "[");
      for (size_t item = first; item < last; ++item) {
        if (item > first) append(out, ",");
        append_value(out, items, item);
      }
      append(out, "]");
    } else {
      append(out, "null");
    }
    end_row(out);
  }
  return out;
}

}  // namespace corpusmill::jsonl
