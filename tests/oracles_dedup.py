"""oracles_dedup: signatures, pairs, clusters and decisions, written slowly. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from oracles import M32, M64, mix, random_numbers

OPEN = M32


def signature(shingle_hashes: Sequence[int], num_hashes: int, seed: int = 0) -> list[int]:
    if seed:
        shingle_hashes = [mix(s ^ mix(seed)) for s in shingle_hashes]
    slots = [OPEN] * num_hashes
    for turn, factor in enumerate((None, 0x9E3779B1, 0x85EBCA77)):
        for s in shingle_hashes:
            x = s if factor is None else (s & M32) * factor ^ (s << 32 & M64 | s >> 32)
            slot = (x & M32) * num_hashes >> 32
            slots[slot] = min(slots[slot], turn << 30 | x >> 34)
    for slot, salt in enumerate(random_numbers(seed, num_hashes)):
        if slots[slot] >= 3 << 30:
            slots[slot] = min([OPEN, *(last_resort(s, salt & M32) for s in shingle_hashes)])
    return slots


def last_resort(shingle: int, salt: int) -> int:
    value = ((shingle >> 32) ^ salt) * 0x9E3779B1 & M32
    value ^= value >> 15
    return (value * 0x85EBCA77 & M32) >> 2 | 3 << 30


def jaccard(left: set[int], right: set[int]) -> float:
    return len(left & right) / len(left | right) if left | right else 0.0


def band_buckets(signatures: dict[int, list[int]], bands: int, rows: int) -> list[list[int]]:
    """Groups of at least two keys that agree on a whole band, each in the order of the dict."""
    buckets: dict[tuple[int, ...], list[int]] = {}
    for key, slots in signatures.items():
        for band in range(bands):
            part = tuple(slots[band * rows : (band + 1) * rows])
            buckets.setdefault((band, *part), []).append(key)
    return [members for members in buckets.values() if len(members) > 1]


def pairs(
    signatures: dict[int, list[int]], bands: int, rows: int, threshold: float, most: int
) -> dict[tuple[int, int], float]:
    out = {}
    for members in band_buckets(signatures, bands, rows):
        for j, right in enumerate(members):
            for left in members[: min(j, most)]:
                alike = estimate(signatures[left], signatures[right])
                if alike >= threshold:
                    out[left, right] = alike
    return dict(sorted(out.items()))


def estimate(left: list[int], right: list[int]) -> float:
    return sum(a == b for a, b in zip(left, right, strict=True)) / len(left)


def components(edges: Sequence[tuple[int, int]], size: int) -> list[int]:
    """Smallest reachable row, by spreading it until nothing changes."""
    name = list(range(size))
    changed = True
    while changed:
        changed = False
        for a, b in edges:
            least = min(name[a], name[b])
            changed |= name[a] != least or name[b] != least
            name[a] = name[b] = least
    return name


def decide(
    *,
    units: Mapping[int, Hashable],
    signatures: dict[int, list[int]],
    order: Sequence[int],
    bands: int,
    rows: int,
    most: int,
    accept: Callable[[int, int], float | None],
) -> dict[int, tuple[int, float]]:
    """dropped row -> (kept row, similarity). Rows for which `units` has the same are one unit;
    `accept` gives the similarity of two rows or None.
    """
    members: dict[Hashable, list[int]] = {}
    for row in order:
        members.setdefault(units[row], []).append(row)
    first = {unit[0]: unit for unit in members.values()}
    buckets = band_buckets({row: signatures[row] for row in first}, bands, rows)
    kept_in: list[list[int]] = [[] for _ in buckets]
    rank = {row: i for i, row in enumerate(first)}
    out: dict[int, tuple[int, float]] = {}
    for row, unit in first.items():
        own = [i for i, bucket in enumerate(buckets) if row in bucket]
        seen = {kept for i in own for kept in kept_in[i][:most]}
        for kept in sorted(seen, key=rank.__getitem__):
            alike = accept(row, kept)
            if alike is not None:
                out.update(dict.fromkeys(unit, (kept, alike)))
                break
        else:
            for i in own:
                kept_in[i].append(row)
            out.update(dict.fromkeys(unit[1:], (row, 1.0)))
    return dict(sorted(out.items()))


def index_query(
    entries: Sequence[list[int] | None],
    docs: Sequence[list[int] | None],
    *,
    bands: int,
    rows: int,
    least: float | None,
    matches: str,
    most: int,
) -> list[tuple[int, int, float]]:
    """(document, entry, similarity) of every match; `least` None: every candidate matches."""
    out = []
    for row, doc in enumerate(docs):
        if doc is None:
            continue
        candidates: set[int] = set()
        for begin in range(0, bands * rows, rows):
            part = doc[begin : begin + rows]
            same = [i for i, entry in enumerate(entries) if entry and entry[begin:][:rows] == part]
            candidates.update(same[:most])
        found = [(i, estimate(doc, entries[i] or [])) for i in sorted(candidates)]
        found = [(i, alike) for i, alike in found if least is None or alike >= least]
        if matches == "best":
            found.sort(key=lambda pair: -pair[1])  # stable: the first of the most similar
        out += [(row, i, alike) for i, alike in (found if matches == "all" else found[:1])]
    return out
