"""job: n-grams of files counted, and the lexicon of those that hang together.

The counter is that of corpusmill.ngram; this file feeds it and writes down what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow, _check, _core
from corpusmill import _ngram_counting as grams
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import tables
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.count.counted_parts import CountedParts
from corpusmill.shards.jobs.count.counting import Room, count_into
from corpusmill.shards.jobs.write_rows import NO_OUTPUTS
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.ours import COUNTS, LEXICON
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.state import stages
from corpusmill.shards.state.table import Table

WORD_BYTES = 6  # of text, about
MOST_SAVED = 64  # times, so that the lists of all that was written stay small beside it


def count(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    n: int,
    unit: str = "word",
    min_count: int = 1,
    top: int | None = None,
    text: str = "text",
    threads: int = 0,
    max_rejected: float = 0.001,
    memory: int | str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
    notice: Listener | None = None,
) -> Ledger:
    """How often each n-gram occurs in files of rows, exactly: OUT/counts.parquet (ngram, count).

    inputs, out     as `dedup` has them; out gets counts.parquet, rejected/, ledger.json and run.json
    n, unit, min_count, top: as `corpusmill.ngram.counts` has them, and so are the table and its order
    others          as `dedup` has them: text, threads, max_rejected, memory, overwrite, progress, notice
    returns         the ledger, which also lies in out; read its `problems`. Its rows kept are those
                    counted; its findings say how many n-grams there were and how many are listed

    All of out but run.json is the same for any threads, order of inputs and memory that holds the
    longest row; time is linear, in one pass over the text. What does not fit in memory, and of more
    than 128 MiB of text what is to be gone on with, goes to a file in out/.state, up to 4 * (n + 2)
    bytes an n-gram. The different words must fit into a quarter of what memory leaves, about 60
    bytes each; the `top` n-grams are held besides. What is counted is saved to that file after 16
    MiB or a 64th of the text, and what a part of it came to as it is known: a job that was killed
    goes on from there.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    Source: that of `corpusmill.ngram.counts` (Heafield et al., ACL 2013).
    """
    with checks():
        asked = Asked(
            inputs, out, NO_OUTPUTS, threads, max_rejected, memory, overwrite, progress, notice
        )
        orders = [_check.whole("n", n, 1, grams.MAX_N)]
        least = _check.whole("min_count", min_count, 1, grams.MAX_COUNT)
        most = None if top is None else _check.whole("top", top, 1, grams.MAX_COUNT)
        grams.unit_of(unit)

    def write(job: Job, counter: _Grams, _: Table) -> Mapping[str, Any]:
        job.at("write", 0)
        with closing(counter.counted_parts(job)) as parts:
            if most is None:
                num_rows = _write_all(job, counter, parts, least, unit)
            else:
                found = parts.best(*grams.top_of(counter.counter, most, least))
                table = grams.gram_table(found, unit)
                num_rows = tables.write(job.out, COUNTS, table.schema, [table])
        return {"ngrams": counter.counter.total(0), "tables": {COUNTS: num_rows}}

    options = {"n": n, "unit": unit, "min_count": least, "top": most}
    return count_into(
        asked,
        text,
        "count",
        options,
        [COUNTS],
        scratch_share=_scratch_share(orders, unit),
        make=lambda room: _Grams(orders, unit, room),
        write=write,
    )


def lexicon(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    n: tuple[int, ...] = (2, 3),
    top: tuple[int, ...] = (200_000, 100_000),
    unit: str = "word",
    min_count: int = 1,
    text: str = "text",
    threads: int = 0,
    max_rejected: float = 0.001,
    memory: int | str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
    notice: Listener | None = None,
) -> Ledger:
    """The n-grams of the largest t-statistic in files of rows: OUT/lexicon.parquet (n, ngram, count, t).

    n, top, unit, min_count: as `corpusmill.ngram.lexicon` has them, and so are the table and its order
    all else        as `count` has it

    Source: ERNIE-Gram (Xiao et al. 2021).
    """
    with checks():
        asked = Asked(
            inputs, out, NO_OUTPUTS, threads, max_rejected, memory, overwrite, progress, notice
        )
        orders, most = grams.lexicon_orders(n, top)
        least = _check.whole("min_count", min_count, 1, grams.MAX_COUNT)
        grams.unit_of(unit)

    def write(job: Job, counter: _Grams, _: Table) -> Mapping[str, Any]:
        job.at("write", 0)
        with closing(counter.counted_parts(job)) as parts:
            units = counter.units(parts)
            found = grams.lexicon_table(
                counter.counter, orders, most, least, unit, units=units, best=parts.best
            )
        num_rows = tables.write(job.out, LEXICON, found.schema, [found])
        totals = [counter.counter.total(place) for place in range(1, len(orders) + 1)]
        return {"ngrams": dict(zip(map(str, orders), totals, strict=True))} | {
            "tables": {LEXICON: num_rows}
        }

    options = {"n": orders, "top": most, "unit": unit, "min_count": least}
    return count_into(
        asked,
        text,
        "lexicon",
        options,
        [LEXICON],
        scratch_share=_scratch_share([1, *orders], unit),
        make=lambda room: _Grams([1, *orders], unit, room),
        write=write,
    )


def _scratch_share(orders: Sequence[int], unit: str) -> float:
    """Bytes that the n-grams of a byte of text take in a scratch file, at most, about."""
    return sum(4 * (n + 2) for n in orders) / (WORD_BYTES if unit == "word" else 1)


def _write_all(job: Job, counter: _Grams, parts: CountedParts, min_count: int, unit: str) -> int:
    """Writes all n-grams, part after part; those of parts that are written already are not counted."""
    schema = pa.schema({"ngram": grams.text_type(unit), "count": pa.int64()})
    table, first = tables.LongTable(job, COUNTS, schema), 0
    while known := parts.found("rows", first):
        end, (num_rows,) = known
        if table.num_rows + int(num_rows[0]) > table.durable:
            break
        table.leave_out(int(num_rows[0]))
        first = end
    for part, found in enumerate(counter.parts(first, min_count), first):
        rows = grams.gram_table(found, unit)
        parts.keep("rows", part, part + 1, [np.array([rows.num_rows])])
        table.add(rows)
    table.close()
    return table.num_rows


class _Grams:
    """A counter of n-grams that many threads add to, each by itself.

    It is saved whether its memory is full or not: what is written then takes no new memory again.

    saved_as    the name of all that is counted, if it is saved
    """

    saved_as: bytes | None = None

    def __init__(self, orders: list[int], unit: str, room: Room) -> None:
        self.saved_after = room.text_bytes // MOST_SAVED
        self.counter: _core.ngram.GramCounter = grams.gram_counter(
            orders,
            unit,
            expected_bytes=room.text_bytes,
            room=(room.folder, room.memory),
            threads=room.threads,
            kept_as=room.kept_as,
        )
        self._threads = room.threads

    def add(self, texts: _arrow.Capsules) -> None:
        self.saved_as = None
        self.counter.add(texts, 1)

    def save(self) -> list[npt.NDArray[np.uint64]]:
        saved = self.counter.save()
        self.saved_as = stages.key_of(saved.tobytes())
        return [saved]

    def sync(self) -> None:
        self.counter.sync()

    def begin_with(self, saved: Sequence[npt.NDArray[np.uint64]]) -> bool:
        self.saved_as = stages.key_of(saved[0].tobytes())
        return self.counter.go_on(saved[0])

    def counted_parts(self, job: Job) -> CountedParts:
        """What is known of the parts already; after all is added."""
        return CountedParts(job, self.counter.num_parts(), self.saved_as)

    def parts(self, first: int, min_count: int) -> Iterator[_core.Grams]:
        """All n-grams of the only order from this part on, in order; as many parts at once as there
        are threads.
        """
        num_parts = self.counter.num_parts()
        with ThreadPoolExecutor(self._threads) as pool:
            for begin in range(first, num_parts, self._threads):
                some = range(begin, min(begin + self._threads, num_parts))
                yield from pool.map(lambda part: self.counter.part(0, part, min_count), some)

    def units(self, parts: CountedParts) -> npt.NDArray[np.uint64]:
        """How often each unit comes."""
        known = parts.found("units", 0)
        if known is None:
            known = self.counter.num_parts(), [self.counter.unit_counts()]
            parts.keep("units", 0, *known)
        return known[1][0]
