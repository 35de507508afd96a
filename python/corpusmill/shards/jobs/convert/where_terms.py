"""where_terms: Python's syntax tree of a condition to what is to be computed; all else is Wrong.

Reads no text and no rows, and runs nothing of what it is given.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from corpusmill.shards.jobs.convert import value_math
from corpusmill.shards.reading.values import Path, Value, constant

Kind: TypeAlias = Literal["condition", "number", "string", "field"]
Compute: TypeAlias = Callable[[Sequence[Value]], Value]
Scalar: TypeAlias = bool | float | str


class Term(NamedTuple):
    """A part of a condition, computed from the values of its fields."""

    kind: Kind  # a field may turn out to be any
    of: Compute


class Wrong(Exception):
    """A part of the tree that no condition has."""

    def __init__(self, node: ast.AST, what: str) -> None:
        super().__init__(what)
        self.at: int = getattr(node, "col_offset", 0)  # bytes


class Terms:
    """Reads a tree; `paths` are the fields met in it, and the number of each."""

    def __init__(self) -> None:
        self.paths: dict[Path, int] = {}

    def condition(self, node: ast.expr) -> Term:
        term = self._term(node)
        if term.kind not in ("condition", "field"):
            raise Wrong(node, f"a {term.kind} where a condition is expected")
        return term

    def _number(self, node: ast.expr) -> Term:
        term = self._term(node)
        if term.kind not in ("number", "field"):
            raise Wrong(node, f"a {term.kind} where a number is expected")
        return term

    def _term(self, node: ast.expr) -> Term:
        readers: dict[type[ast.expr], Callable[[Any], Term]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._field,
            ast.BoolOp: self._logic,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._arithmetic,
            ast.Compare: self._compare,
            ast.Call: self._call,
        }
        if type(node) not in readers:
            raise Wrong(node, "expected fields, strings, numbers, comparisons, and, or, not, in")
        return readers[type(node)](node)

    def _name(self, node: ast.Name) -> Term:
        return self._constant(node) if node.id in ("true", "false", "null") else self._field(node)

    def _constant(self, node: ast.expr) -> Term:
        literal = _literal(node)
        value = constant(literal)
        kind: Kind = "number"
        if isinstance(literal, bool):
            kind = "condition"
        elif isinstance(literal, str):
            kind = "string"
        return Term(kind, lambda _: value)

    def _field(self, node: ast.expr) -> Term:
        path = _path(node)
        number = self.paths.setdefault(path, len(self.paths))
        return Term("field", lambda values: values[number])

    def _call(self, node: ast.Call) -> Term:
        if _is_word(node.func, "field"):
            return self._field(node)
        if not _is_word(node.func, "len") or len(node.args) != 1 or node.keywords:
            raise Wrong(node, "the functions are len(field) and field(name)")
        inner = self._term(node.args[0])
        if inner.kind not in ("string", "field"):
            raise Wrong(node.args[0], f"a {inner.kind} where a string is expected")
        return Term("number", lambda values: value_math.length(inner.of(values)))

    def _logic(self, node: ast.BoolOp) -> Term:
        terms = [self.condition(value) for value in node.values]
        join = value_math.both if isinstance(node.op, ast.And) else value_math.either

        def of(values: Sequence[Value]) -> Value:
            found = terms[0].of(values)
            for term in terms[1:]:
                found = join(found, term.of(values))
            return found

        return Term("condition", of)

    def _unary(self, node: ast.UnaryOp) -> Term:
        if isinstance(node.op, ast.Not):
            inner = self.condition(node.operand)
            return Term("condition", lambda values: value_math.inverted(inner.of(values)))
        if isinstance(node.op, ast.Invert):
            raise Wrong(node, "expected not, for ~")
        sign, inner = (-1 if isinstance(node.op, ast.USub) else 1), self._number(node.operand)
        one = constant(sign)
        return Term("number", lambda values: value_math.reckon("*", one, inner.of(values)))

    def _arithmetic(self, node: ast.BinOp) -> Term:
        how = _ARITHMETIC.get(type(node.op))
        if how is None:
            raise Wrong(node, "expected + - * /")
        left, right = self._number(node.left), self._number(node.right)
        return Term(
            "number", lambda values: value_math.reckon(how, left.of(values), right.of(values))
        )

    def _compare(self, node: ast.Compare) -> Term:
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

        return Term("condition", of)

    def _step(self, left: ast.expr, how: ast.cmpop, right: ast.expr) -> Compute:
        """One comparison of a chain."""
        mine = self._term(left)
        if isinstance(how, (ast.Is, ast.IsNot)):
            if not (
                _is_word(right, "null") or (isinstance(right, ast.Constant) and right.value is None)
            ):
                raise Wrong(right, "expected null behind is and is not")
            if isinstance(how, ast.Is):
                return lambda values: value_math.is_null(mine.of(values))
            return lambda values: value_math.inverted(value_math.is_null(mine.of(values)))
        if isinstance(how, (ast.In, ast.NotIn)):
            one_of = value_math.OneOf(_list(right))
            if isinstance(how, ast.In):
                return lambda values: one_of.holds(mine.of(values))
            return lambda values: value_math.inverted(one_of.holds(mine.of(values)))
        sign, theirs = _COMPARISONS[type(how)], self._term(right)
        if mine.kind != theirs.kind and "field" not in (mine.kind, theirs.kind):
            raise Wrong(left, f"a {mine.kind} never compares with a {theirs.kind}")
        return lambda values: value_math.compare(sign, mine.of(values), theirs.of(values))


def _path(node: ast.expr) -> Path:
    if isinstance(node, ast.Attribute):
        return (*_path(node.value), node.attr)
    if isinstance(node, ast.Call) and _is_word(node.func, "field"):
        return _named(node)
    if not isinstance(node, ast.Name):
        raise Wrong(node, "expected the name of a field")
    return (node.id,)


def _named(node: ast.Call) -> Path:
    names = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
    path = tuple(name for name in names if isinstance(name, str))
    if not path or len(path) != len(node.args) or node.keywords:
        raise Wrong(node, 'expected names in quotes, as in field("a name")')
    return path


def _list(node: ast.expr) -> list[Scalar]:
    """`('a')` is a list too, as in SQL."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)) and node.elts:
        return [_literal(element) for element in node.elts]
    if isinstance(node, ast.Constant):
        return [_literal(node)]
    raise Wrong(node, "expected values in parentheses behind in, as in ('a', 'b')")


def _literal(node: ast.expr) -> Scalar:
    if _is_word(node, "true", "false"):
        return _word(node) == "true"
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    inner = node.operand if isinstance(node, ast.UnaryOp) and negative else node
    literal = inner.value if isinstance(inner, ast.Constant) else ...
    if isinstance(literal, (bool, str)) and not negative:
        return literal
    if isinstance(literal, (int, float)) and not isinstance(literal, bool):
        if not _fits(literal):
            raise Wrong(node, "a number that is too large")
        return -literal if negative else literal
    if literal is None or _is_word(node, "null"):
        raise Wrong(node, "null is equal to nothing; say `is null` or `is not null`")
    raise Wrong(node, "expected a string, a number, true or false")


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


def _fits(number: float) -> bool:
    """Whether a double comes near it."""
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False


def _word(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None


def _is_word(node: ast.expr, *words: str) -> bool:
    return _word(node) in words
