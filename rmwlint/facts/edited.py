"""The facts of a text that differs from an older one in the body of one function.

While somebody types, all but one function are as they were. Only that one is parsed and lowered, twice: as
it was, which must give the facts that are known of it, and as it is. Whatever else may have changed, and
whatever cannot be told from these lines alone, is left to those who lower the whole text.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from rmwlint.facts.definitions import AnyFunction, lower_alone
from rmwlint.facts.model import Class, Function, Module, Position
from rmwlint.facts.scope import ClassBody, ModuleFacts

_LAMBDA = re.compile(r"<lambda:(\d+)>")


class _Edit(NamedTuple):
    """Lines ``first + 1 … end`` of the older text have become lines ``first + 1 … end + by``."""

    first: int
    end: int
    by: int


class _Body(NamedTuple):
    """A function lowered alone, with all that stand in it. ``stores``: what they store on ``self``."""

    functions: tuple[Function, ...]
    stores: dict[str, list[tuple[int, int]]]
    annotations: dict[str, str]
    end: tuple[int, int]


def edited(before: Module, old: Sequence[str], new: Sequence[str]) -> Module | None:
    """The facts of the lines ``new``, given those of the lines ``old``; None where that takes all of them.

    What it gives is equal to what lowering the whole text gives.
    """
    edit = _edit(old, new)
    index = _function_around(before, edit)
    if index is None:
        return None
    size = _size(before, index)
    was = before.functions[index]
    one = _body(before, index, old[was.line - 1 : was.end_line])
    if one is None or one.functions != before.functions[index : index + size]:
        return None
    other = _body(before, index, new[was.line - 1 : was.end_line + edit.by], edit.first)
    if other is None or not _same_from_outside(one, other):
        return None
    return _Moved(before, index, size, edit.by, other).module()


def _edit(old: Sequence[str], new: Sequence[str]) -> _Edit:
    most = min(len(old), len(new))
    first = 0
    while first < most and old[first] == new[first]:
        first += 1
    last = 0
    while last < most - first and old[-1 - last] == new[-1 - last]:
        last += 1
    return _Edit(first, len(old) - last, len(new) - len(old))


def _function_around(module: Module, edit: _Edit) -> int | None:
    """The outermost function that the edit lies in, below its first line."""
    for index, function in enumerate(module.functions):
        if function.parent == 0 and function.line <= edit.first and edit.end <= function.end_line:
            # a line that comes after the last one may be the function's as well
            return index if function.name != "<lambda>" else None
    return None


def _size(module: Module, index: int) -> int:
    """How many functions stand in one, itself among them: they follow it."""
    functions = module.functions
    end = index + 1
    while end < len(functions) and functions[end].parent != 0:
        end += 1
    return end - index


def _body(module: Module, index: int, lines: Sequence[str], unchanged: int | None = None) -> _Body | None:
    """Lower the lines of a function as if they stood where they do in the module.

    ``unchanged``: so many lines of the whole text are as they were; they must be all of its header.
    """
    was = module.functions[index]
    node = _parse(lines, was.line)
    if node is None or (unchanged is not None and not _header_within(node, lines, was.line, unchanged)):
        return None
    facts = ModuleFacts(module.name if module.is_package else module.name.rpartition(".")[0])
    facts.functions.extend([None] * index)
    body: ClassBody | None = None
    if was.owner is not None:
        owner = module.classes[was.owner]
        body = ClassBody(was.owner, owner.qualname, owner.outer)
    try:
        lower_alone(node, facts, body, was.decorators)
    except RecursionError:
        return None
    functions = facts.functions[index:]
    if facts.classes or None in functions:
        return None
    return _Body(
        tuple(function for function in functions if function is not None),
        {} if body is None else body.self_fields,
        {} if body is None else body.self_annotations,
        (node.end_lineno or was.line, node.end_col_offset or 0),
    )


def _parse(lines: Sequence[str], line: int) -> AnyFunction | None:
    """The function that the lines are, the first of them with that number; None where they are none."""
    indented = lines[0][:1] in (" ", "\t", "\f")
    if indented and line == 1:
        return None
    above = "\n" * (line - 2) + "if 1:\n" if indented else "\n" * (line - 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(above + "\n".join(lines) + "\n")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = tree.body
    if indented and len(found) == 1 and isinstance(found[0], ast.If) and not found[0].orelse:
        found = found[0].body
    only = found[0] if len(found) == 1 else None
    return only if isinstance(only, ast.FunctionDef | ast.AsyncFunctionDef) else None


def _header_within(node: AnyFunction, lines: Sequence[str], line: int, unchanged: int) -> bool:
    """Whether the first statement of a function has a line for itself, and no line above it has changed."""
    first = node.body[0]
    decorators = getattr(first, "decorator_list", None)
    start = (decorators[0] if decorators else first).lineno
    above = lines[start - line].encode()[: first.col_offset]
    return start - 1 <= unchanged and not above.strip(b" \t\f")


def _same_from_outside(one: _Body, other: _Body) -> bool:
    """Whether all that stands around the function is the same for both."""
    return (
        len(one.functions) == len(other.functions)
        and list(one.stores) == list(other.stores)
        and one.annotations == other.annotations
        and list(one.annotations) == list(other.annotations)
        and _header(one.functions[0]) == _header(other.functions[0])
    )


def _header(function: Function) -> Function:
    return function._replace(
        end_line=0,
        is_generator=False,
        locals=frozenset(),
        global_names=frozenset(),
        names=frozenset(),
        ops=(),
        spans=(),
        blocks=(),
    )


class _Moved:
    """A module with other functions from ``index`` on: what comes after them moves by some lines."""

    def __init__(self, before: Module, index: int, size: int, by: int, body: _Body) -> None:
        self.before = before
        self.index = index
        self.size = size
        self.by = by
        self.body = body
        self.old_end = before.functions[index].end_line
        self.end_moves = body.end[0] != self.old_end

    def module(self) -> Module:
        """The facts of the whole text."""
        before, index = self.before, self.index
        after = before.functions[index + self.size :]
        if self.by or self.end_moves:
            after = tuple([self.function(function) for function in after])
        above = before.functions[1:index]
        return before._replace(
            functions=(self.function(before.functions[0]), *above, *self.body.functions, *after),
            classes=tuple([self.cls(number, cls) for number, cls in enumerate(before.classes)]),
        )

    def line(self, line: int) -> int:
        """Where a line is now that stands above the function, below it, or is its last one."""
        if line < self.old_end:
            return line
        return self.body.end[0] if line == self.old_end else line + self.by

    def span(self, span: Position) -> Position:
        """Where something is now that does not stand in the function."""
        line, column, end_line, end_column = span
        if end_line < self.old_end:
            return span
        if end_line == self.old_end:  # it ends with the function
            return line, column, *self.body.end
        return self.line(line), column, end_line + self.by, end_column

    def function(self, function: Function) -> Function:
        """A function that is around the changed one, or below it."""
        qualname = function.qualname
        if self.by and "<lambda:" in qualname:
            qualname = _LAMBDA.sub(lambda found: f"<lambda:{self.line(int(found[1]))}>", qualname)
        return function._replace(
            qualname=qualname,
            line=self.line(function.line),
            end_line=self.line(function.end_line),
            spans=tuple(map(self.span, function.spans)),
        )

    def cls(self, number: int, cls: Class) -> Class:
        """A class, whose methods the changed function may be one of."""
        if cls.end_line >= self.old_end:
            cls = cls._replace(line=self.line(cls.line), end_line=self.line(cls.end_line))
        if number != self.before.functions[self.index].owner or not cls.self_fields:
            return cls
        inside = range(self.index, self.index + self.size)
        fields = {}
        for name, stores in cls.self_fields.items():
            above = [store for store in stores if store[0] < inside.start]
            below = [store for store in stores if store[0] >= inside.stop]
            fields[name] = (*above, *self.body.stores.get(name, ()), *below)
        return cls._replace(self_fields=fields)
