"""What callers do to a row before they hand it to the function that saves it.

A function that saves its own parameter (``self`` too) saves what its callers have set. Who calls it is asked
of the text of the project: by its name alone, so that too many callers are found rather than too few.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from rmwlint.errors import UsageError
from rmwlint.source.files import find
from rmwlint.source.project import project_root

_Function = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)


class Caller(NamedTuple):
    """A function that hands an object on, or sets attributes of one and saves it not: what it is called
    there, whether it is made there, and the attributes set."""

    written: str
    made: bool
    set: frozenset[str]
    where: str


def surprise(near: str, function: str, row: str, columns: frozenset[str]) -> str:
    """Why a save of these columns would not save all that callers set; empty where nothing speaks for it.

    ``near``: a file of the project; ``function``: the name of the function that saves; ``row``: the class.
    """
    folder = os.path.dirname(os.path.abspath(near))
    for caller in _callers(function, row, project_root(folder) or folder):
        if caller.made:
            return f"`{caller.written}` may be a new row, made in `{caller.where}`"
        for name in sorted(caller.set - columns):
            return f"`{caller.written}.{name}` is set in `{caller.where}`, to be saved here"
    return ""


@lru_cache(maxsize=256)
def _callers(function: str, row: str, root: str) -> tuple[Caller, ...]:
    try:
        paths = find([root])
    except UsageError:
        return ()
    token = f"{function}(".encode()
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", row).lower()
    stores = re.compile(rb"\b" + re.escape(snake.encode()) + rb"\.\w+ *=[^=]")
    found: list[Caller] = []
    for path in paths:
        try:
            data = Path(path).read_bytes()
            if token not in data and not stores.search(data):
                continue
            tree = ast.parse(data)
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        where = os.path.relpath(path, root)
        for node in ast.walk(tree):
            if isinstance(node, _Function):
                found += _in_function(node, function, row, snake, where)
    return tuple(found)


def _in_function(scope: ast.AST, function: str, row: str, snake: str, where: str) -> Iterator[Caller]:
    made: set[str] = set()
    stored: dict[str, set[str]] = {}
    saved: set[str] = set()
    handed: list[str] = []
    for node in _own(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and _dotted(target.value):
                    stored.setdefault(_dotted(target.value), set()).add(target.attr)
                elif isinstance(node.value, ast.Call) and _last(node.value.func) == row:
                    made.add(_dotted(target))
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("save", "asave"):
            saved.add(_dotted(node.func.value))
        elif _last(node.func) == function:
            if isinstance(node.func, ast.Attribute):
                handed.append(_dotted(node.func.value))
            handed += [_dotted(arg) for arg in (*node.args, *(one.value for one in node.keywords))]
    for written in dict.fromkeys(handed):
        if written in made:
            yield Caller(written, written not in saved, frozenset(), where)
        elif written in stored and written not in saved and written != "self":
            yield Caller(written, False, frozenset(stored[written]), where)
    for written, names in stored.items():
        if written.rpartition(".")[2] == snake and written not in saved and written not in handed:
            yield Caller(written, False, frozenset(names), where)


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions in it."""
    pending = list(ast.iter_child_nodes(scope))
    while pending:
        node = pending.pop()
        if not isinstance(node, (*_Function, ast.ClassDef, ast.Lambda)):
            yield node
            pending.extend(ast.iter_child_nodes(node))


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        above = _dotted(node.value)
        return f"{above}.{node.attr}" if above else ""
    return ""


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
