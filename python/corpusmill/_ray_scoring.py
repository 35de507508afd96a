"""_ray_scoring: documents of a Ray dataset under language models. Behind corpusmill.ray."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import ray
import ray.data

from corpusmill import _check, _dedup_parts
from corpusmill.shards.jobs.score.choices import DIFFERENCE, TOKEN_DIFFERENCE, TOKEN_NLL, Choices
from corpusmill.shards.jobs.score.job import STATS
from corpusmill.shards.jobs.score.token_lists import difference
from corpusmill.shards.reading.inputs import AnyPath

Dataset: TypeAlias = "ray.data.Dataset"


def score(
    ds: Dataset,
    model: AnyPath | Sequence[AnyPath],
    *,
    tokenizer: AnyPath | None = None,
    stats: Sequence[str] = STATS,
    prefix: str | int | None = "default",
    context: int | None = None,
    stride: int | None = None,
    repeat_prefix: bool = False,
    k: float = 0.2,
    batch_tokens: int = 4096,
    dtype: str | None = None,
    field_prefix: str = "",
    tokens: Literal["float16", "float32"] | None = None,
    text: str = "text",
    threads: int = 1,
    gpus: int = 0,
    workers: int | None = None,
    batch_rows: int = 1024,
) -> Dataset:
    """A dataset with the losses of each document under one language model or several; lazy.

    model, tokenizer    folders and a file as `corpusmill.shards.score` has them, which every worker must
                        see under the same absolute names
    text                the column of documents; null for none
    threads, gpus       cores and GPUs of a worker. Workers are actors, so that each loads the models
                        once; they keep nothing else, and Ray replaces one that dies
    workers             at most so many; None: as many as the cluster has room for
    batch_rows          rows that share batches, of one block or several
    others              as `corpusmill.shards.score` has them; columns are called as its fields, and one
                        of such a name gives way
    returns             rows as they were, tokens and bytes int64, the others doubles; null where the text
                        is, and for a mean of no token

    The columns are those of `corpusmill.scoring.score`; a row's numbers depend on those beside it in a
    batch, and so on blocks, by rounding alone.

    Raises ValueError for an option that is wrong and a column that there is not; the job fails if a
    model cannot be loaded.
    """
    choices = Choices.checked(
        [os.path.abspath(of) for of in _listed(model)],  # noqa: PTH100  (keeps links)
        None if tokenizer is None else os.path.abspath(tokenizer),  # noqa: PTH100
        stats=stats,
        prefix=prefix,
        context=context,
        stride=stride,
        repeat_prefix=repeat_prefix,
        k=k,
        batch_tokens=batch_tokens,
        device=None,
        dtype=dtype,
        field_prefix=field_prefix,
        tokens=tokens,
    )
    _dedup_parts.check_columns(ds.schema(), text=text)
    threads = _check.whole("threads", threads, 1, _check.MAX_THREADS)
    return ds.map_batches(
        _Scoring,
        fn_constructor_kwargs={"choices": choices, "text": text, "threads": threads},
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers),
        num_cpus=threads,
        num_gpus=gpus or None,
        batch_size=_check.whole("batch_rows", batch_rows, 1, 1 << 40),
        batch_format="pyarrow",
    )


def _listed(model: AnyPath | Sequence[AnyPath]) -> Sequence[AnyPath]:
    return [model] if isinstance(model, (str, os.PathLike)) else model


class _Scoring:
    """In a worker: models that are loaded, and what is asked of them."""

    def __init__(self, choices: Choices, text: str, threads: int) -> None:
        self._choices, self._text = choices, text
        self._scorer = choices.scorer(threads)

    def __call__(self, table: pa.Table) -> pa.Table:
        tables = self._scorer.tables(table[self._text])
        found = {name: _column(tables, *of) for name, of in self._choices.fields().items()}
        lists = [of[TOKEN_NLL] for of in tables if self._choices.tokens]
        for name, (number, what) in self._choices.token_fields().items():
            less = what == TOKEN_DIFFERENCE
            of_tokens = difference(lists[0], lists[number]) if less else lists[number]
            found[name] = of_tokens.cast(pa.large_list(pa.from_numpy_dtype(self._choices.tokens)))
        table = table.drop_columns([name for name in found if name in table.column_names])
        for name, column in found.items():
            table = table.append_column(name, column)
        return table


def _column(tables: Sequence[pa.Table], number: int, name: str) -> Any:
    if name == DIFFERENCE:
        return pc.subtract(tables[0]["nll_mean"], tables[number]["nll_mean"])
    return tables[number][name]
