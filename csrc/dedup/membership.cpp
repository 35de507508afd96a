// membership: keys to buckets, buckets to those with the same members, those to documents.
#include "dedup/membership.hpp"

#include <algorithm>
#include <bit>
#include <span>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "dedup/repeats.hpp"

namespace corpusmill::dedup {

namespace {

constexpr size_t share_of_shared = 4;     // about one key in so many is expected not to be alone
constexpr size_t keys_at_once = 1 << 16;  // of small parts, for a thread

/// Calls body(begin, end) for each run of equal values of field in sorted records.
template <class Records, class Field, class Body>
void for_each_run(const Records& records, Field field, Body&& body) {
  for (size_t begin = 0, end = 0; begin < records.size(); begin = end) {
    while (end < records.size() && field(records[end]) == field(records[begin])) ++end;
    body(begin, end);
  }
}

/// Hashes seen so far; at most as many as said.
class HashSet {
 public:
  explicit HashSet(size_t size) : table_(std::bit_ceil(2 * size + 1)) {}

  /// Whether the hash is new. 0 counts as 1.
  bool insert(uint64_t hash) {
    hash = std::max<uint64_t>(hash, 1);
    size_t at = hash & (table_.size() - 1);
    while (table_[at] != 0 && table_[at] != hash) at = (at + 1) & (table_.size() - 1);
    return std::exchange(table_[at], hash) == 0;
  }

 private:
  std::vector<uint64_t> table_;
};

}  // namespace

Memberships::Memberships(size_t documents, Bands bands, size_t memory, ScratchFile& added,
                         ScratchFile& found, size_t adders)
    : bands_(bands),
      has_any_(documents),
      shift_(64 - static_cast<int>(std::bit_width(std::max<size_t>(documents, 1)))),
      by_key_(adders, documents * bands.bands, memory / 2, added),
      by_members_(documents * bands.bands / share_of_shared, memory / 4, found),
      by_document_(documents * bands.bands / share_of_shared, memory / 4, found) {}

void Memberships::add(uint32_t document, std::span<const uint64_t> buckets, size_t adder) {
  Partitions<BandKey>& keys = by_key_.of(adder);
  // Their places are asked for all at once, then written to.
  for (const uint64_t name : buckets) keys.prefetch(name);
  for (const uint64_t name : buckets) {
    keys.add(name, {static_cast<uint32_t>(name >> 32), static_cast<uint32_t>(name), document});
  }
}

BucketList Memberships::find(const std::function<bool(uint32_t)>& counts, size_t front,
                             int threads) {
  const size_t part_keys = has_any_.size() * bands_.bands / by_key_.count() + 1;
  const size_t at_once =
      static_cast<size_t>(resolve_threads(threads)) * std::max<size_t>(1, keys_at_once / part_keys);
  std::vector<std::vector<Member>> found(at_once);
  std::vector<std::vector<PageVector<BandKey>>> keys(num_workers(at_once, threads));
  for (size_t first = 0; first < by_key_.count(); first += at_once) {
    const size_t parts = std::min(at_once, by_key_.count() - first);
    parallel_for(parts, threads, [&](size_t i, size_t worker) {
      by_key_.take(first + i, keys[worker]);
      found[i] = shared(keys[worker], counts);
    });
    for (size_t i = 0; i < parts; ++i) {
      for (const Member& member : found[i]) by_members_.add(member.members, member);
    }
  }
  BucketList buckets;
  for (size_t part = 0; part < by_members_.count(); ++part) {
    append(by_members_.take(part), front, buckets);
  }
  return buckets;
}

std::vector<Memberships::Member> Memberships::shared(
    const std::vector<PageVector<BandKey>>& all,
    const std::function<bool(uint32_t)>& counts) const {
  std::vector<BandKey> keys = repeated(all, [](const BandKey& key) { return key.key(); });
  std::erase_if(keys, [&](const BandKey& key) { return !counts(key.document); });
  std::sort(keys.begin(), keys.end(), [&](const BandKey& a, const BandKey& b) {
    return std::tuple(a.key(), a.document) < std::tuple(b.key(), b.document);
  });
  std::vector<Member> members;
  const auto field = [](const BandKey& key) { return key.key(); };
  for_each_run(keys, field, [&](size_t begin, size_t end) {
    if (end - begin < 2) return;
    uint64_t sum = 0;
    for (size_t i = begin; i < end; ++i) sum += mix(keys[i].document + uint64_t{1});
    const uint64_t hash = mix(sum ^ (end - begin));
    const auto band = static_cast<uint32_t>(keys[begin].key() & bands_.mask());
    for (size_t i = begin; i < end; ++i) members.push_back({hash, keys[i].document, band});
  });
  return members;
}

// The members of a bucket follow each other, ascending, and come again for every band they share.
void Memberships::append(const PageVector<Member>& members, size_t front, BucketList& buckets) {
  HashSet known(members.size());
  for_each_run(
      members, [](const Member& m) { return std::pair(m.members, m.band); },
      [&](size_t begin, size_t end) {
        if (!known.insert(members[begin].members)) return;
        if (buckets.size() == 0xffffffffu) {
          throw std::length_error("more than 2**32 - 1 buckets; use fewer bands");
        }
        const auto bucket = static_cast<uint32_t>(buckets.size());
        for (size_t i = begin; i < end; ++i) {
          const uint32_t document = members[i].document;
          by_document_.add(uint64_t{document} << shift_, {document, bucket});
          has_any_[document] = true;
        }
        buckets.fronts.push_back(buckets.fronts.back() + std::min(end - begin, front));
        buckets.band.push_back(members[begin].band);
      });
}

std::vector<uint32_t> Memberships::documents() const {
  std::vector<uint32_t> documents;
  for (uint32_t document = 0; document < has_any_.size(); ++document) {
    if (has_any_[document]) documents.push_back(document);
  }
  return documents;
}

PageVector<Membership> Memberships::take(size_t part) {
  PageVector<Membership> found = by_document_.take(part);
  std::sort(found.begin(), found.end(), [](const Membership& a, const Membership& b) {
    return std::tuple(a.document, a.bucket) < std::tuple(b.document, b.bucket);
  });
  return found;
}

}  // namespace corpusmill::dedup
