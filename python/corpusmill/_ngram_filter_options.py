"""_ngram_filter_options: what a filter is made with, checked once. Holds no bits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, get_args

from corpusmill import _arrow, _check, _core, _tokens

ItemUnit: TypeAlias = Literal["word", "char", "byte", "line", "paragraph", "token"]
UNITS: tuple[ItemUnit, ...] = get_args(ItemUnit)
"""A file has the number of its unit among these."""

PIECES = ("line", "paragraph")

BLOCK_BYTES = 32
MAX_N = 65536
MAX_ITEMS = 2**40


@dataclass(frozen=True)
class ItemColumn:
    """A column, and what an item of it is for the compiled code."""

    docs: _arrow.Strings
    items: _core.ngram.ItemOptions


@dataclass(frozen=True)
class FilterOptions:
    """What a filter is made with; what filters must agree in to be merged."""

    items: int
    fp_rate: float
    n: int
    unit: ItemUnit
    stride: int
    squeeze: bool

    @classmethod
    def checked(
        cls, items: int, fp_rate: float, *, n: int | None, unit: str, stride: int, squeeze: bool
    ) -> FilterOptions:
        if not isinstance(unit, str) or unit not in UNITS:
            raise ValueError(f"unit: expected one of {', '.join(UNITS)}, got {unit!r}")
        pieces = unit in PIECES
        if pieces and (n not in (None, 1) or stride != 1):
            raise ValueError(f"n, stride: a {unit} is one item by itself; leave both out")
        if squeeze and unit != "char":
            raise ValueError(f"squeeze: is for unit='char', not {unit!r}")
        if n is None and not pieces:
            raise ValueError(f"n: how many {unit}s are an n-gram is not said; give n, 1 to {MAX_N}")
        return cls(
            _check.whole("items", items, 1, MAX_ITEMS),
            _rate(fp_rate),
            1 if pieces else _check.whole("n", n, 1, MAX_N),
            unit,
            _check.whole("stride", stride, 1, MAX_N),
            bool(squeeze),
        )

    def empty(self) -> _core.ngram.Bloom:
        """A filter as large as they ask; MemoryError if there is no room for it."""
        blocks = _core.ngram.bloom_blocks(self.items, self.fp_rate)
        try:
            return _core.ngram.Bloom(blocks)
        except MemoryError:
            raise MemoryError(
                f"items: a filter of {self.items:,} items at fp_rate={self.fp_rate:g} takes "
                f"{blocks * BLOCK_BYTES:,} bytes, which are not to be had; ask for fewer items or a "
                "higher rate"
            ) from None

    @property
    def of_pieces(self) -> bool:
        return self.unit in PIECES

    def require_equal(self, other: FilterOptions, which: str) -> None:
        for name, value in asdict(self).items():
            if (theirs := getattr(other, name)) != value:
                raise ValueError(
                    f"{which}: {name} is {theirs!r}, and {value!r} in filters[0]; only filters of "
                    "equal options can be merged"
                )

    def column(self, docs: _arrow.Docs | _tokens.TokenDocs) -> ItemColumn:
        """The column behind `docs`, of texts or token ids as the unit asks."""
        width, signed = 0, False
        docs = _tokens.tokens(docs) if self.unit == "token" else _arrow.strings(docs)
        if isinstance(docs, _tokens.Tokens):
            width, signed = docs.item_bytes, docs.signed
        unit = getattr(_core.ngram.ItemUnit, self.unit)
        options = _core.ngram.ItemOptions(self.n, unit, self.stride, self.squeeze, width, signed)
        return ItemColumn(docs, options)


def _rate(value: Any) -> float:
    number = _check.share("fp_rate", value)
    if not 1e-8 <= number <= 0.5:
        raise ValueError(f"fp_rate: expected 1e-8 <= fp_rate <= 0.5, got {value!r}")
    return number
