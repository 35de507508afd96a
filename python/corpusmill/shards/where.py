"""where: the language of conditions: text to a tree of what to compute, or an error that points at it.

It is a part of Python's expressions, read by Python's own parser and never run by it. Reads no rows.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill.shards import value_math
from corpusmill.shards.values import Path, Value, constant

FALSE, UNKNOWN, KEEP = 0, 1, 2
"""What becomes of a row: its condition is false, null, or true."""

_Kind: TypeAlias = Literal["condition", "number", "string", "field"]
_Compute: TypeAlias = Callable[[Sequence[Value]], Value]


class _Term(NamedTuple):
    kind: _Kind  # a field may turn out to be any
    of: _Compute


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
        self._paths: dict[Path, int] = {}
        try:
            tree = ast.parse(self._text, mode="eval")
            self._root = self._condition(tree.body)
        except SyntaxError as error:
            at = (error.offset or len(self._text) + 1) - 1
            hint = "; equal is ==" if self._text[at : at + 1] == "=" else ""
            raise ValueError(self._told(error.msg + hint, at)) from None
        except (RecursionError, MemoryError):
            raise ValueError("where: the expression is nested too deep") from None
        except ValueError as error:  # NULs, for one
            told = str(error)
            raise ValueError(told if told.startswith("where: ") else f"where: {told}") from None

    @property
    def paths(self) -> list[Path]:
        return list(self._paths)

    @property
    def names(self) -> list[str]:
        """The outermost fields it reads, each once."""
        return list(dict.fromkeys(path[0] for path in self._paths))

    def outcome(self, values: Sequence[Value], num_rows: int) -> npt.NDArray[np.uint8]:
        """FALSE, UNKNOWN or KEEP for each row; `values` of `paths` in their order. O(rows * terms)."""
        true, known = value_math.truth(self._root.of(values), num_rows)
        return np.where(known, np.where(true, KEEP, FALSE), UNKNOWN).astype(np.uint8)

    def _told(self, what: str, at: int) -> str:
        rest = self._text[max(at, 0) :] or "the end"
        shown = rest if len(rest) <= 40 else f"{rest[:40]}..."
        return f"where: {what}, at character {at + 1}: {shown}"

    def _error(self, node: ast.AST, what: str) -> ValueError:
        before = self._text.encode()[: getattr(node, "col_offset", 0)]
        return ValueError(self._told(what, len(before.decode(errors="replace"))))

    def _condition(self, node: ast.expr) -> _Term:
        term = self._term(node)
        if term.kind not in ("condition", "field"):
            raise self._error(node, f"a {term.kind} where a condition is expected")
        return term

    def _number(self, node: ast.expr) -> _Term:
        term = self._term(node)
        if term.kind not in ("number", "field"):
            raise self._error(node, f"a {term.kind} where a number is expected")
        return term

    def _term(self, node: ast.expr) -> _Term:
        if isinstance(node, ast.Constant) or _is_word(node, "true", "false", "null"):
            return self._literal_term(node)
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._field(self._path(node))
        if isinstance(node, ast.BoolOp):
            return self._logic(node)
        if isinstance(node, ast.UnaryOp):
            return self._unary(node)
        if isinstance(node, ast.BinOp):
            return self._arithmetic(node)
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise self._error(node, "expected fields, strings, numbers, comparisons, and, or, not, in")

    def _literal_term(self, node: ast.expr) -> _Term:
        literal = self._literal(node)
        value = constant(literal)
        kind: _Kind = "number"
        if isinstance(literal, bool):
            kind = "condition"
        elif isinstance(literal, str):
            kind = "string"
        return _Term(kind, lambda _: value)

    def _literal(self, node: ast.expr) -> bool | float | str:
        if _is_word(node, "true", "false"):
            return _word(node) == "true"
        negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        inner = node.operand if isinstance(node, ast.UnaryOp) and negative else node
        literal = inner.value if isinstance(inner, ast.Constant) else ...
        if isinstance(literal, (bool, str)) and not negative:
            return literal
        if isinstance(literal, (int, float)) and not isinstance(literal, bool):
            if abs(literal) > 2**1023:
                raise self._error(node, "a number that is too large")
            return -literal if negative else literal
        if literal is None or _is_word(node, "null"):
            raise self._error(node, "null is equal to nothing; say `is null` or `is not null`")
        raise self._error(node, "expected a string, a number, true or false")

    def _field(self, path: Path) -> _Term:
        number = self._paths.setdefault(path, len(self._paths))
        return _Term("field", lambda values: values[number])

    def _path(self, node: ast.expr) -> Path:
        if isinstance(node, ast.Attribute):
            return (*self._path(node.value), node.attr)
        if isinstance(node, ast.Call) and _is_word(node.func, "field"):
            return self._named(node)
        if not isinstance(node, ast.Name):
            raise self._error(node, "expected the name of a field")
        return (node.id,)

    def _named(self, node: ast.Call) -> Path:
        names = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        path = tuple(name for name in names if isinstance(name, str))
        if not path or len(path) != len(node.args) or node.keywords:
            raise self._error(node, 'expected names in quotes, as in field("a name")')
        return path

    def _call(self, node: ast.Call) -> _Term:
        if _is_word(node.func, "field"):
            return self._field(self._named(node))
        if not _is_word(node.func, "len") or len(node.args) != 1 or node.keywords:
            raise self._error(node, "the functions are len(field) and field(name)")
        inner = self._term(node.args[0])
        if inner.kind not in ("string", "field"):
            raise self._error(node.args[0], f"a {inner.kind} where a string is expected")
        return _Term("number", lambda values: value_math.length(inner.of(values)))

    def _logic(self, node: ast.BoolOp) -> _Term:
        terms = [self._condition(value) for value in node.values]
        join = value_math.both if isinstance(node.op, ast.And) else value_math.either

        def of(values: Sequence[Value]) -> Value:
            found = terms[0].of(values)
            for term in terms[1:]:
                found = join(found, term.of(values))
            return found

        return _Term("condition", of)

    def _unary(self, node: ast.UnaryOp) -> _Term:
        if isinstance(node.op, ast.Not):
            inner = self._condition(node.operand)
            return _Term("condition", lambda values: value_math.inverted(inner.of(values)))
        if isinstance(node.op, ast.Invert):
            raise self._error(node, "expected not, for ~")
        sign, inner = (-1 if isinstance(node.op, ast.USub) else 1), self._number(node.operand)
        one = constant(sign)
        return _Term("number", lambda values: value_math.reckon("*", one, inner.of(values)))

    def _arithmetic(self, node: ast.BinOp) -> _Term:
        how = _ARITHMETIC.get(type(node.op))
        if how is None:
            raise self._error(node, "expected + - * /")
        left, right = self._number(node.left), self._number(node.right)
        return _Term(
            "number", lambda values: value_math.reckon(how, left.of(values), right.of(values))
        )

    def _compare(self, node: ast.Compare) -> _Term:
        operands = [node.left, *node.comparators]
        steps = [
            self._step(left, how, right)
            for left, how, right in zip(operands, node.ops, operands[1:], strict=False)
        ]

        def of(values: Sequence[Value]) -> Value:
            found = steps[0](values)
            for step in steps[1:]:
                found = value_math.both(found, step(values))
            return found

        return _Term("condition", of)

    def _step(self, left: ast.expr, how: ast.cmpop, right: ast.expr) -> _Compute:
        """One comparison of a chain."""
        mine = self._term(left)
        if isinstance(how, (ast.Is, ast.IsNot)):
            if not (_is_word(right, "null") or (isinstance(right, ast.Constant) and right.value is None)):
                raise self._error(right, "expected null behind is and is not")
            if isinstance(how, ast.Is):
                return lambda values: value_math.is_null(mine.of(values))
            return lambda values: value_math.inverted(value_math.is_null(mine.of(values)))
        if isinstance(how, (ast.In, ast.NotIn)):
            literals = self._list(right)
            if isinstance(how, ast.In):
                return lambda values: value_math.is_in(mine.of(values), literals)
            return lambda values: value_math.inverted(value_math.is_in(mine.of(values), literals))
        sign, theirs = _COMPARISONS[type(how)], self._term(right)
        if mine.kind != theirs.kind and "field" not in (mine.kind, theirs.kind):
            raise self._error(left, f"a {mine.kind} never compares with a {theirs.kind}")
        return lambda values: value_math.compare(sign, mine.of(values), theirs.of(values))

    def _list(self, node: ast.expr) -> list[bool | float | str]:
        """`('a')` is a list too, as in SQL."""
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)) and node.elts:
            return [self._literal(element) for element in node.elts]
        if isinstance(node, ast.Constant):
            return [self._literal(node)]
        raise self._error(node, "expected values in parentheses behind in, as in ('a', 'b')")


_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def _word(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None


def _is_word(node: ast.expr, *words: str) -> bool:
    return _word(node) in words
