"""Where an actor stops: after a statement of a function, found by its text, so that lines may move."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmwlint.errors import UsageError

Function = ast.FunctionDef | ast.AsyncFunctionDef
_Simple = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

#: What the text of a whole `with` block ends in; its first line alone stands for the entering.
WHOLE = " ..."


class Stop(NamedTuple):
    """After the statement on the lines ``first`` to ``last`` of a file.

    ``name`` is that of the function, which begins within the lines ``defined``. On the lines ``leaving``
    stand the `with` statements around the statement: they are visited again when their blocks end, and only
    then is what they held given back.
    """

    path: str
    name: str
    defined: tuple[int, int]
    first: int
    last: int
    leaving: tuple[int, ...]
    text: str

    def __str__(self) -> str:
        return f"to the end of line {self.last}: {self.text}"


def schedules(path: str, function: str, after: str) -> list[tuple[Stop | None, Stop | None]]:
    """The stops of two actors in a function: after the statement of this text, for both.

    Where the function has no such statement any more, every pair of its statements. ``function`` is qualified
    in its module (``Class.method``).

    Raises UsageError where the file has no such function.
    """
    stops = list(stops_of(path, function))
    found = [stop for stop in stops if stop.text == after]
    if found:
        return [(found[0], found[0])]
    return [(mine, theirs) for mine in stops for theirs in stops]


def stop_at(path: str, function: str, line: int) -> Stop:
    """The stop after the innermost statement that stands on this line.

    Raises UsageError where the function has none there.
    """
    listed = [stop for stop in stops_of(path, function) if not stop.text.endswith(WHOLE)]
    found = [stop for stop in listed if stop.first <= line <= stop.last]
    if not found:
        raise UsageError(f"`{function}` has no statement on line {line} of {path}.")
    return found[-1]


def stops_of(path: str, function: str) -> Iterator[Stop]:
    """The stops after each statement of a function, in source order.

    Raises UsageError where the file has no such function.
    """
    tree = ast.parse(Path(path).read_bytes(), path)
    node = named(tree, function)
    if node is None:
        raise UsageError(f"{path} has no function `{function}`.")
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    for statement, leaving in _statements(node.body, ()):
        last = _end(statement)
        text = told(statement)
        stop = Stop(path, node.name, (first, node.lineno), statement.lineno, last, leaving, text)
        yield stop
        if isinstance(statement, ast.With | ast.AsyncWith):
            yield stop._replace(last=statement.end_lineno or last, text=f"{text}{WHOLE}")


def named(tree: ast.Module, function: str) -> Function | None:
    """The function of this qualified name; the last of several, which is the one that counts."""
    body: list[ast.stmt] = tree.body
    found: ast.stmt | None = None
    for part in function.split("."):
        if part == "<locals>":
            continue
        matching = [node for node in _scopes(body) if node.name == part]
        if not matching:
            return None
        found = matching[-1]
        body = matching[-1].body
    return found if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef) else None


def _scopes(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in body:
        if isinstance(node, _Simple):
            yield node
        else:
            for block in _blocks(node):
                yield from _scopes(block)


def told(statement: ast.stmt) -> str:
    """The statement on one line, however it is written; of a compound one its first line."""
    return ast.unparse(statement).partition("\n")[0] if _blocks(statement) else ast.unparse(statement)


def _statements(body: list[ast.stmt], leaving: tuple[int, ...]) -> Iterator[tuple[ast.stmt, tuple[int, ...]]]:
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring is never executed
        yield node, leaving
        if isinstance(node, _Simple):
            continue
        inner = leaving
        if isinstance(node, ast.With | ast.AsyncWith):
            inner = (*leaving, *range(node.lineno, _end(node) + 1))
        for block in _blocks(node):
            yield from _statements(block, inner)


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    blocks: list[list[ast.stmt]] = [
        block for name in ("body", "orelse", "finalbody") if (block := getattr(node, name, None))
    ]
    blocks += [handler.body for handler in getattr(node, "handlers", ())]
    blocks += [case.body for case in getattr(node, "cases", ())]
    return blocks


def _end(node: ast.stmt) -> int:
    """The last line of a statement; of a compound one, of what is executed before its block."""
    if not _blocks(node):
        return node.end_lineno or node.lineno
    ends = [
        child.end_lineno or child.lineno
        for child in ast.iter_child_nodes(node)
        if isinstance(child, ast.expr)
    ]
    items = getattr(node, "items", ())
    ends += [item.context_expr.end_lineno or node.lineno for item in items]
    return max([node.lineno, *ends])
