// scoring: statistics of drawn tokens of every type, in ragged shapes, some of them not finite.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include "areas.hpp"
#include "core/random.hpp"
#include "scoring/documents.hpp"
#include "scoring/from_hidden.hpp"
#include "scoring/from_logits.hpp"

namespace corpusmill::check {

namespace {

using scoring::Matrix, scoring::Statistics, scoring::Type;

constexpr int threads = 4;

/// Rows of numbers from -4 to 4, with one to spare between them; every 97th is not finite.
class Drawn {
 public:
  Drawn(size_t rows, size_t columns, Type type) : bytes_(rows * (columns + 1) * size_of(type)) {
    Random random(rows + columns);
    for (size_t i = 0; i < rows * (columns + 1); ++i) {
      float number = static_cast<float>(random.next() % 4096) / 512 - 4;
      if (random.next() % 97 == 0) number = -std::numeric_limits<float>::infinity();
      const auto wide = std::bit_cast<uint32_t>(number);
      const auto half = static_cast<uint16_t>(type == Type::bfloat16 ? wide >> 16 : wide & 0xbfffu);
      const size_t size = size_of(type);
      std::memcpy(&bytes_[i * size], size == 4 ? static_cast<const void*>(&wide) : &half, size);
    }
    const auto stride = static_cast<ptrdiff_t>((columns + 1) * size_of(type));
    matrix_ = {bytes_.data(), rows, columns, stride, type};
  }

  const Matrix& matrix() const { return matrix_; }

 private:
  std::vector<std::byte> bytes_;
  Matrix matrix_{};
};

template <class Number>
bool same(const std::vector<Number>& a, const std::vector<Number>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Number)) == 0);
}

/// Scored by one thread and by four.
template <class Score>
size_t check_same(const Score& score) {
  const Statistics one = score(1), many = score(threads);
  if (!same(one.nll, many.nll) || !same(one.variance, many.variance) ||
      !same(one.el2n, many.el2n) || one.rank != many.rank || one.argmax != many.argmax) {
    throw std::logic_error("statistics depend on the number of threads");
  }
  return one.nll.size();
}

size_t check_tokens(size_t tokens, size_t depth, size_t vocabulary, Type type) {
  const Drawn hidden(tokens, depth, type), weight(vocabulary, depth, type);
  const Drawn logits(tokens, vocabulary, type);
  std::vector<int64_t> targets(tokens);
  for (size_t i = 0; i < tokens; ++i) {
    targets[i] = i % 5 == 3 ? -100 : static_cast<int64_t>(31 * i % vocabulary);
  }
  const std::vector<float> bias(vocabulary, 0.5F);
  size_t scored = 0;
  for (const scoring::Transform& transform : {scoring::Transform{}, {0.5F, 3}}) {
    for (int level = -1; level < 3; ++level) {
      scored += check_same([&](int at_once) {
        return scoring::from_hidden(hidden.matrix(), weight.matrix(), targets,
                                    transform.changes() ? std::span(bias) : std::span<float>(),
                                    level, transform, at_once);
      });
      if (level < 0) continue;
      scored += check_same([&](int at_once) {
        return scoring::from_logits(logits.matrix(), targets, level, transform, at_once);
      });
    }
  }
  return scored;
}

}  // namespace

size_t check_scoring() {
  size_t scored = 0;
  for (const Type type : {Type::float32, Type::float16, Type::bfloat16}) {
    scored += check_tokens(1, 1, 1, type) + check_tokens(0, 3, 5, type);
    scored += check_tokens(110, 37, 531, type) + check_tokens(7, 2051, 33, type);
    scored += check_tokens(30, 0, 9, type);
  }
  scored += check_tokens(40, 49'153, 70, Type::bfloat16);  // several chunks of weights
  const std::vector<float> nll = {1, 2, std::numeric_limits<float>::quiet_NaN(), 2, 0, 3};
  const std::vector<int64_t> offsets = {0, 0, 3, 6};
  scored += scoring::sums(nll, offsets, threads).sum.size();
  scored += scoring::min_k(nll, offsets, 0.5, threads).size();
  return scored + scoring::min_k_pp(nll, nll, nll, offsets, 1, threads).size();
}

}  // namespace corpusmill::check
