// dispatch: picks one table of loops for the process. Compiled for the baseline only.
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "simd/loops.hpp"
#include "simd/sha256.hpp"

namespace corpusmill::simd {

extern const Loops loops_baseline;
#ifdef __x86_64__
extern const Loops loops_v3;
extern const Loops loops_v4;
void sha256_ni(const Sha256Block* blocks, size_t count, Sha256State* states);
#endif
void sha256_portable(const Sha256Block* blocks, size_t count, Sha256State* states);

namespace {

std::vector<const Loops*> runnable() {
  std::vector<const Loops*> all{&loops_baseline};
#ifdef __x86_64__
  __builtin_cpu_init();
  const bool v3 = __builtin_cpu_supports("x86-64-v3");
  const bool v4 = __builtin_cpu_supports("x86-64-v4");
  if (v3) all.push_back(&loops_v3);
  if (v4) all.push_back(&loops_v4);
#endif
  return all;
}

const Loops& pick() {
  const auto all = runnable();
  const char* forced = std::getenv("CORPUSMILL_SIMD");  // NOLINT(concurrency-mt-unsafe)
  if (forced == nullptr || *forced == '\0') return *all.back();
  std::string names;
  for (const Loops* table : all) {
    if (std::string_view(table->level) == forced) return *table;
    names += (names.empty() ? "" : ", ") + std::string(table->level);
  }
  throw std::invalid_argument("CORPUSMILL_SIMD=" + std::string(forced) +
                              ": this machine has the levels " + names +
                              "; name one of them or unset the variable");
}

Sha256 pick_sha256() {
#ifdef __x86_64__
  constexpr unsigned sha = 1u << 29;  // of leaf 7, EBX
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  const bool has_sha = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & sha) != 0;
  if (has_sha && &loops() != &loops_baseline) return sha256_ni;
#endif
  return sha256_portable;
}

}  // namespace

Sha256 sha256() {
  static const Sha256 function = pick_sha256();
  return function;
}

const Loops& loops() {
  static const Loops& table = pick();
  return table;
}

std::vector<const char*> available_levels() {
  std::vector<const char*> names;
  for (const Loops* table : runnable()) names.push_back(table->level);
  return names;
}

}  // namespace corpusmill::simd
