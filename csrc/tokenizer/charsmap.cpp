// charsmap: every key of the file's double array is walked to.
#include "tokenizer/charsmap.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

#include "text/utf8.hpp"

namespace corpusmill::tokenizer {

namespace {

// Bytes of a key, of all beginnings of keys, and of the rules; far above those that are made.
constexpr size_t longest_key = 512, most_steps = 1 << 20, most_bytes = 1 << 24;

[[noreturn]] void refuse(const char* what) {
  throw std::invalid_argument(std::string("the charsmap is damaged: ") + what);
}

/// A unit of Darts-clone, 32 bits: the byte that leads here, whether a key ends here, and how far
/// off the units behind it lie; or the value of the key that ends before it.
struct DartsUnit {
  uint32_t bits;

  bool ends_key() const { return (bits >> 8 & 1) != 0; }
  uint32_t value() const { return bits & 0x7fffffffu; }
  uint32_t label() const { return bits & 0x800000ffu; }
  uint32_t offset() const { return bits >> 10 << ((bits & 1u << 9) >> 6); }
};

class DartsWalk {
 public:
  DartsWalk(std::string_view units, std::string_view strings) : units_(units), strings_(strings) {}

  std::vector<Rule> rules() {
    walk(unit(0).offset());
    return std::move(rules_);
  }

 private:
  size_t num_units() const { return units_.size() / sizeof(DartsUnit); }

  DartsUnit unit(uint32_t at) const {
    DartsUnit unit{};
    if (at >= num_units()) refuse("a key leads out of it");
    std::memcpy(&unit.bits, units_.data() + sizeof(unit) * at, sizeof(unit));
    return unit;
  }

  // Byte by byte in ascending order, and so are the keys.
  void walk(uint32_t base) {
    for (uint32_t byte = 1; byte < 256; ++byte) {
      const uint32_t at = base ^ byte;
      if (at >= num_units() || unit(at).label() != byte) continue;
      if (left_ == 0 || key_.size() == longest_key) refuse("its keys run in a circle");
      --left_;
      key_.push_back(static_cast<char>(byte));
      const uint32_t behind = at ^ unit(at).offset();
      if (unit(at).ends_key()) add(unit(behind).value());
      walk(behind);
      key_.pop_back();
    }
  }

  void add(uint32_t value) {
    if (value >= strings_.size()) refuse("a key becomes what is not there");
    std::string becomes(strings_.data() + value);
    const size_t bytes = key_.size() + becomes.size();
    if (bytes > bytes_left_) refuse("its rules take more than 16 MiB");
    bytes_left_ -= bytes;
    if (!text::is_well_formed(key_) || !text::is_well_formed(becomes)) {
      refuse("a key, or what it becomes, is no UTF-8");
    }
    rules_.push_back({key_, std::move(becomes)});
  }

  std::string_view units_, strings_;
  size_t left_ = most_steps;        // for units may be shared, and lead round,
  size_t bytes_left_ = most_bytes;  // and many keys become one string
  std::string key_;
  std::vector<Rule> rules_;
};

}  // namespace

std::vector<Rule> read_charsmap(std::string_view charsmap) {
  uint32_t size = 0;
  if (charsmap.size() <= sizeof(size)) refuse("it is cut off");
  std::memcpy(&size, charsmap.data(), sizeof(size));
  charsmap.remove_prefix(sizeof(size));
  if (size == 0 || size % sizeof(DartsUnit) != 0 || size >= charsmap.size()) {
    refuse("it is cut off");
  }
  if (charsmap.back() != '\0') refuse("its last string does not end");
  return DartsWalk(charsmap.substr(0, size), charsmap.substr(size)).rules();
}

}  // namespace corpusmill::tokenizer
