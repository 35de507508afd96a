"""_dedup_parts: the decision over a column that lies in parts, on many machines. Knows no engine.

    records     of a part: for each document and band the name of a bucket and the document's id
    split       records by bucket, so that equal buckets meet
    shared      of the records of some buckets: the ids of documents that share one
    sketches    of a part: what the decision needs of such documents: hash, signature, preference
    decide      from these, and from the texts that it asks for

Documents that share no bucket are kept whatever else there is, so the decision over those that do is
that over all: `corpusmill.dedup.decide`, with ids for rows. Its order is that of the ids. Text is
read in place and never combined.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _core, _dedup_decide
from corpusmill._dedup_options import DecideOptions, visit_order

ONE_THREAD = 1
"""Of a part; an engine works on as many parts at a time as it has cores."""

Ids: TypeAlias = npt.NDArray[np.int64]
Records: TypeAlias = tuple[npt.NDArray[np.uint64], Ids]
"""Names of buckets, and for each the id of a document that lies in it."""


@dataclass(frozen=True)
class Part:
    """Some rows of the column, as a table with these fields. `keep` as `dedup` on files has it."""

    table: pa.Table
    text: str
    id: str
    keep: str

    @property
    def ids(self) -> Ids:
        column = self.table[self.id]
        if not pa.types.is_integer(column.type) or column.null_count:
            raise TypeError(
                f"id: expected whole numbers without nulls in {self.id!r}, got {column.type}; "
                "number the rows when they are read"
            )
        numbers: Ids = _arrow.numbers(column.cast(pa.int64()))
        return numbers

    def of(self, wanted: Ids) -> Part:
        """The rows with these ids, which ascend."""
        return self._filtered(among(self.ids, wanted))

    def without(self, unwanted: Ids) -> Part:
        """The rows with other ids than these, which ascend."""
        return self._filtered(~among(self.ids, unwanted))

    def _filtered(self, rows: npt.NDArray[np.bool_]) -> Part:
        return Part(self.table.filter(_arrays.of_numpy(rows)), self.text, self.id, self.keep)


def among(ids: Ids, some: Ids) -> npt.NDArray[np.bool_]:
    """For each id whether it is one of `some`, which ascend."""
    if not len(some):
        return np.zeros(len(ids), np.bool_)
    found: npt.NDArray[np.bool_] = (
        some[np.minimum(np.searchsorted(some, ids), len(some) - 1)] == ids
    )
    return found


def check_columns(schema: Any, **columns: str) -> None:
    """ValueError if there are no such columns; None, of what has no rows, may have none."""
    for option, name in columns.items():
        if schema is not None and name not in schema.names:
            near = difflib.get_close_matches(name, schema.names, n=1, cutoff=0.5)
            raise ValueError(
                f"{option}: no column {name!r}; there are {', '.join(map(repr, schema.names))}"
                + (f"; did you mean {near[0]!r}?" if near else "")
            )


def records(part: Part, options: DecideOptions) -> pa.Table:
    """bucket and id, of all documents but nulls: 16 bytes for each band, or for each document if
    bytes are compared.
    """
    column = _arrow.strings(part.table[part.text], part.text)
    slots, hashes = options.sketch(column.capsules, ONE_THREAD)
    buckets = hashes.reshape(-1, 2)[:, :1]
    if options.bands:
        names = _core.dedup.buckets(
            slots, options.num_hashes, options.bands, options.rows, ONE_THREAD
        )
        buckets = names.reshape(-1, options.bands)
    valid = column.valid_rows()
    ids = np.repeat(part.ids[valid], buckets.shape[1])
    return _records(buckets[valid].ravel(), ids)


def _records(buckets: npt.NDArray[np.uint64], ids: Ids) -> pa.Table:
    return pa.table({"bucket": _arrays.of_numpy(buckets), "id": _arrays.of_numpy(ids)})


def split(tables: Iterable[pa.Table], num_shares: int) -> list[Records]:
    """Records by bucket: equal buckets are in the same share. Tables without rows may lack columns."""
    none = _records(np.empty(0, np.uint64), np.empty(0, np.int64))
    found = pa.concat_tables([none, *(table for table in tables if table.num_rows)])
    buckets, ids = _arrow.numbers(found["bucket"]), _arrow.numbers(found["id"])
    share = buckets % np.uint64(num_shares)
    order = np.argsort(share, kind="stable")
    ends = np.searchsorted(share[order], np.arange(1, num_shares, dtype=np.uint64))
    return list(zip(np.split(buckets[order], ends), np.split(ids[order], ends), strict=True))


def shared(*found: Records) -> Ids:
    """The ids of documents that lie in a bucket with another one; ascending."""
    buckets = np.concatenate([of[0] for of in found])
    ids = np.concatenate([of[1] for of in found])
    order = np.argsort(buckets)
    same = buckets[order[1:]] == buckets[order[:-1]]
    hit = np.zeros(len(order), np.bool_)
    hit[1:] |= same
    hit[:-1] |= same
    return np.unique(ids[order[hit]])


def sketches(part: Part, options: DecideOptions) -> pa.Table:
    """id, hash (2 words), signature and preference of each document; for `decide`."""
    column = part.table[part.text]
    capsules = _arrow.strings(column, part.text).capsules
    slots, hashes = options.sketch(capsules, ONE_THREAD)
    num_rows = len(column)
    columns = {
        "id": _arrow.primitive(part.ids),
        "hash": _arrow.fixed_size_list(hashes, 2, num_rows),
    }
    if options.bands:
        columns["slots"] = _arrow.fixed_size_list(slots, options.num_hashes, num_rows)
    if part.keep == "longest":
        columns["preference"] = _arrow.primitive(_core.core.byte_lengths(capsules))
    elif part.keep != "first":
        columns["preference"] = part.table[part.keep]
    return pa.table(columns)


def texts(part: Part) -> pa.Table:
    """id and text of each document; for `decide`."""
    return pa.table({"id": _arrays.of_numpy(part.ids), "text": part.table[part.text]})


def decide(
    wanted: Ids,
    sketched: Sequence[pa.Table],
    texts: Callable[[Ids], Iterable[pa.Table]],
    options: DecideOptions,
    *,
    folder: str,
    memory: int | None,
    threads: int,
) -> pa.Table:
    """What `corpusmill.dedup.decide` returns, with ids for rows.

    wanted          the ids of the documents that share a bucket, ascending
    sketched        of these, in any order
    texts           gives tables of `id` and `text` for ids that ascend, in any order
    folder, memory  what exceeds so many bytes goes to a nameless file there; None: nothing does

    Raises ValueError if the sketches are not those of `wanted`, one each.
    """
    if not sketched and not len(wanted):
        return options.table(*(np.empty(0, kind) for kind in ("i8", "i8", "f8", "i1")))
    together = pa.concat_tables(sketched)
    found = _arrow.numbers(together["id"])
    place = np.argsort(found, kind="stable")
    ids = found[place]
    _check_ids(ids, wanted)
    decider = options.decider(
        len(ids), _order(together, place), threads=threads, folder=folder, memory=memory
    )
    hashes = _values(together["hash"]).reshape(-1, 2)[place].ravel()
    slots = _values(together["slots"]) if options.bands else np.empty(0, np.uint32)
    slots = slots.reshape(len(ids), options.num_hashes if options.bands else 0)[place].ravel()
    decider.add_rows(_dedup_decide.blocks(hashes, slots))
    candidates = decider.find_candidates()
    if options.verify != "exact" and len(candidates):
        decider.add_signatures(candidates, candidates, slots)
    rows = decider.rows_to_verify()
    for table in texts(ids[rows]) if len(rows) else ():
        which = np.searchsorted(ids, _arrow.numbers(table["id"]))
        capsules = _arrow.strings(table["text"]).capsules
        decider.add_sets(which, np.arange(len(which)), capsules, options.shingles, threads)
    dropped = options.table(*decider.decide())
    named = {name: _named(dropped[name], ids) for name in ("dropped", "kept", "cluster")}
    return pa.table({name: named.get(name, dropped[name]) for name in dropped.column_names})


def _check_ids(ids: Ids, wanted: Ids) -> None:
    twice = ids[1:][ids[1:] == ids[:-1]]
    if len(twice):
        raise ValueError(f"id: {twice[0]} names more than one row; ids must be unique")
    if not np.array_equal(ids, wanted):
        raise ValueError(
            f"{len(wanted):,} rows were looked for when the dataset was read again, and {len(ids):,} "
            "found; it must give the same rows each time: materialize it"
        )


def _order(sketched: pa.Table, place: Ids) -> Ids | None:
    if "preference" not in sketched.column_names:
        return None
    keep = sketched["preference"].take(_arrays.of_numpy(place))
    return visit_order(keep, _arrow.Strings([], len(place), None))


def _values(lists: pa.ChunkedArray) -> npt.NDArray[Any]:
    """The values of fixed-size lists without nulls, one behind the other."""
    values = [chunk.flatten() for chunk in lists.chunks]
    return _arrow.numbers(pa.chunked_array(values, lists.type.value_type))


def _named(rows: pa.ChunkedArray, ids: Ids) -> pa.Array:
    return _arrow.primitive(ids[_arrow.numbers(rows)])
