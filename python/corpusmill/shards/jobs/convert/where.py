"""where: a condition on the fields of a row, from its text; an error points at what is wrong there.

It is a part of Python's expressions, read by Python's own parser and never run. Reads no rows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from corpusmill.shards.jobs.convert import value_math
from corpusmill.shards.jobs.convert.where_terms import Terms, Wrong
from corpusmill.shards.reading.values import Value
from corpusmill.shards.visible import visible

FALSE, UNKNOWN, KEEP = 0, 1, 2
"""What becomes of a row: its condition is false, null, or true."""


MOST_TERMS = 1000
"""Names, operators and brackets. Every level of a tree has one, and Python's parser must not be given
deep trees: where it gives up, some versions of it stay broken. Each field takes memory beside the rows."""

MOST_DEPTH = 200
"""Terms in each other, as in 1 + 1 + ... + 1."""

_LITERAL = re.compile(
    r"""(?x)
    [rR]? (?: "(?:[^"\\\n\r]|\\[^\n\r])*" | '(?:[^'\\\n\r]|\\[^\n\r])*' ) (?!["'])
    | (?: 0[xX][0-9a-fA-F]+ | (?:\d[\d_]*(?:\.\d*)? | \.\d+) (?:[eE][-+]?\d+)? ) (?![\w."'])
    | [,\ \t\n\r\f]+
    """
)
_TERM = re.compile(r"""[^\W\d]\w*(?!["'\w])|[=!<>]=|[-+*/.~%<>=()\[\]{}:]""")
"""Between them all that a condition may be written with: nothing is hidden from the count of terms."""


class Condition:
    """A condition on the fields of a row.

    expression      comparisons (== != < <= > >=), and, or, not, in (...), is null, is not null,
                    + - * /, strings, numbers, true, false, len(field), names of fields; meta.lang is
                    a field inside of another, field("any name", "inner") one whose name is no word
    paths           the fields it reads

    docs/convert.md says what each means. Raises ValueError that says where the text is wrong.
    """

    def __init__(self, expression: str) -> None:
        if not isinstance(expression, str):
            raise TypeError(f"where: expected an expression as text, got {expression!r}")
        self._text = expression.strip()
        self._check_terms()
        try:
            # No string holds a line end; without them Python's places are those in the text.
            on_one_line = re.sub(r"[\n\r]", " ", self._text)
            terms, tree = Terms(), ast.parse(on_one_line, mode="eval").body
            _check_depth(tree)
            self._root = terms.condition(tree)
            self.paths = list(terms.paths)
        except Wrong as error:
            before = self._text.encode()[: error.at].decode(errors="replace")
            raise ValueError(self._told(str(error), len(before))) from None
        except SyntaxError as error:
            at = (error.offset or len(self._text) + 1) - 1
            hint = "; equal is ==" if self._text[at : at + 1] == "=" else ""
            raise ValueError(self._told(error.msg + hint, at)) from None
        except (RecursionError, MemoryError):  # of Python's parser
            raise ValueError("where: nested too deep") from None

    @property
    def names(self) -> list[str]:
        """The outermost fields it reads, each once."""
        return list(dict.fromkeys(path[0] for path in self.paths))

    def outcome(self, values: Sequence[Value], num_rows: int) -> npt.NDArray[np.uint8]:
        """FALSE, UNKNOWN or KEEP for each row; `values` of `paths` in their order. O(rows * terms)."""
        true, known = value_math.truth(self._root.of(values), num_rows)
        return np.where(known, np.where(true, KEEP, FALSE), UNKNOWN).astype(np.uint8)

    def _check_terms(self) -> None:
        """ValueError for what is written with anything else, or too much of it. O(characters)."""
        at = num_terms = 0
        while at < len(self._text):
            found = _LITERAL.match(self._text, at)
            if found is None:
                found = _TERM.match(self._text, at)
                num_terms += 1
            if found is None:
                raise ValueError(self._told("no part of any condition", at))
            if num_terms > MOST_TERMS:
                what = f"more than {MOST_TERMS:,} names, operators and brackets; many values go in one in (...)"
                raise ValueError(self._told(what, at))
            at = found.end()

    def _told(self, what: str, at: int) -> str:
        rest = self._text[max(at, 0) :] or "the end"
        shown = rest if len(rest) <= 40 else f"{rest[:40]}..."
        return f"where: {what}, at character {at + 1}: {visible(shown)}"


def _check_depth(tree: ast.expr) -> None:
    """Wrong if terms are in each other so deep that to walk down would need much stack."""
    level: list[ast.AST] = [tree]
    for _ in range(MOST_DEPTH):
        level = [inner for outer in level for inner in ast.iter_child_nodes(outer)]
    if level:
        raise Wrong(level[0], f"nested deeper than {MOST_DEPTH} terms")
