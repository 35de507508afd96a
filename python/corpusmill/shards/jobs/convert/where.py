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

FALSE, UNKNOWN, KEEP = 0, 1, 2
"""What becomes of a row: its condition is false, null, or true."""


MOST_OPERATORS = 1000
"""Python's parser must not be given deeper trees: where it gives up, some versions of it stay broken."""

_LITERAL = re.compile(r"""(?s)"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\d[\w.]*""")
_NESTING = re.compile(r"[-+*/.~%@([{:]|\b(?:not|if|for|lambda|await)\b")


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
        if len(_NESTING.findall(_LITERAL.sub("", self._text))) > MOST_OPERATORS:
            raise ValueError(f"where: more than {MOST_OPERATORS:,} operators and brackets")
        try:
            terms = Terms()
            self._root = terms.condition(ast.parse(self._text, mode="eval").body)
            self.paths = list(terms.paths)
        except Wrong as error:
            before = self._text.encode()[: error.at].decode(errors="replace")
            raise ValueError(self._told(str(error), len(before))) from None
        except SyntaxError as error:
            at = (error.offset or len(self._text) + 1) - 1
            hint = "; equal is ==" if self._text[at : at + 1] == "=" else ""
            raise ValueError(self._told(error.msg + hint, at)) from None
        except (RecursionError, MemoryError):
            raise ValueError("where: the expression is nested too deep") from None
        except ValueError as error:  # a NUL
            raise ValueError(f"where: {error}") from None

    @property
    def names(self) -> list[str]:
        """The outermost fields it reads, each once."""
        return list(dict.fromkeys(path[0] for path in self.paths))

    def outcome(self, values: Sequence[Value], num_rows: int) -> npt.NDArray[np.uint8]:
        """FALSE, UNKNOWN or KEEP for each row; `values` of `paths` in their order. O(rows * terms)."""
        true, known = value_math.truth(self._root.of(values), num_rows)
        return np.where(known, np.where(true, KEEP, FALSE), UNKNOWN).astype(np.uint8)

    def _told(self, what: str, at: int) -> str:
        rest = self._text[max(at, 0) :] or "the end"
        shown = rest if len(rest) <= 40 else f"{rest[:40]}..."
        return f"where: {what}, at character {at + 1}: {shown}"
