"""Imports that a rewrite asks for, added once, where the module's own style would have put them.

A name is added to the ``from`` import of its module if there is one. A new line goes to the group (standard
library, other packages, this project) where it belongs, in the order of the alphabet.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import libcst as cst

from rmwlint.fix.names import Import, dotted


def add_imports(module: cst.Module, wanted: Sequence[Import]) -> cst.Module:
    """The module with the imports that it has not got yet."""
    for one in wanted:
        if one.name:
            module = _extended(module, one) or _inserted(module, one)
        elif not any(one.module == name for _, _, name in _lines(module)):
            module = _inserted(module, one)
    return module


def _lines(module: cst.Module) -> list[tuple[int, str, str]]:
    """(number, ``import`` or ``from``, module) of the import lines among the module's statements."""
    found = []
    for number, statement in enumerate(module.body):
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        small = statement.body[0]
        if isinstance(small, cst.Import):
            found.append((number, "import", dotted(small.names[0].name)))
        elif isinstance(small, cst.ImportFrom):
            name = "." * len(small.relative) + (dotted(small.module) if small.module is not None else "")
            found.append((number, "from", name))
    return found


def _extended(module: cst.Module, wanted: Import) -> cst.Module | None:
    """The name added to a ``from`` import that is there already."""
    for number, kind, name in _lines(module):
        if kind != "from" or name != wanted.module:
            continue
        line = module.body[number]
        assert isinstance(line, cst.SimpleStatementLine)
        statement = line.body[0]
        assert isinstance(statement, cst.ImportFrom)
        if len(line.body) > 1 or isinstance(statement.names, cst.ImportStar):
            continue
        aliases = list(statement.names)
        if any(dotted(alias.name) == wanted.name and alias.asname is None for alias in aliases):
            return module
        names = [dotted(alias.name) for alias in aliases]
        at = len(names)
        for key in (_natural, str):
            if names == sorted(names, key=key):
                at = next((i for i, name in enumerate(names) if key(name) > key(wanted.name)), at)
                break
        new = statement.with_changes(names=_with_alias(aliases, at, wanted.name))
        if _width(module, line.with_changes(body=[new])) > _WIDEST and statement.lpar is None:
            continue
        body = list(module.body)
        body[number] = line.with_changes(body=[new])
        return module.with_changes(body=body)
    return None


_WIDEST = 120


def _width(module: cst.Module, line: cst.CSTNode) -> int:
    return max(len(text) for text in module.code_for_node(line).splitlines())


def _natural(name: str) -> Any:
    """isort's order of names: constants, classes, the rest."""
    if name.isupper() and len(name) > 1:
        return (0, name)
    return (1, name) if name[:1].isupper() else (2, name.lower())


def _with_alias(aliases: list[cst.ImportAlias], at: int, name: str) -> list[cst.ImportAlias]:
    """The aliases with one more; commas and line breaks follow those beside it."""
    space = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    new = cst.ImportAlias(cst.Name(name))
    if at < len(aliases):
        between: Any = aliases[at - 1].comma if at else aliases[0].comma
        if not isinstance(between, cst.Comma):
            between = space
        return [*aliases[:at], new.with_changes(comma=_plain(between)), *aliases[at:]]
    last = aliases[-1]
    between = aliases[-2].comma if len(aliases) > 1 else space
    if isinstance(last.comma, cst.Comma):  # a trailing comma stays trailing
        if len(aliases) == 1:
            between = space
        return [*aliases[:-1], last.with_changes(comma=_plain(between)), new.with_changes(comma=last.comma)]
    return [*aliases[:-1], last.with_changes(comma=_plain(between)), new]


def _plain(comma: Any) -> Any:
    """A comma with its line break, without the comment before that break."""
    after = comma.whitespace_after if isinstance(comma, cst.Comma) else None
    if isinstance(after, cst.ParenthesizedWhitespace) and (after.first_line.comment or after.empty_lines):
        first = after.first_line.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))
        return comma.with_changes(whitespace_after=after.with_changes(first_line=first, empty_lines=[]))
    return comma


def _inserted(module: cst.Module, wanted: Import) -> cst.Module:
    """A new import line."""
    imported = _expression(wanted.module)
    small: cst.BaseSmallStatement
    if wanted.name:
        small = cst.ImportFrom(module=imported, names=[cst.ImportAlias(cst.Name(wanted.name))])
    else:
        small = cst.Import([cst.ImportAlias(imported)])
    line = cst.SimpleStatementLine([small])
    body = list(module.body)
    lines = _header(module)
    at, leading = _where(module, lines, wanted)
    if at < len(body) and leading is None:
        # it takes the place of the first of its group: the comments and empty lines above stay above
        below: Any = body[at]
        line = line.with_changes(leading_lines=below.leading_lines)
        body[at] = below.with_changes(leading_lines=[])
    elif leading:
        line = line.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * leading)
    body.insert(at, line)
    if at + 1 < len(body) and not any(_group(name) == _group(wanted.module) for _, _, name in lines):
        body[at + 1] = _apart(body[at + 1], leading is None)
    return module.with_changes(body=body)


def _apart(below: Any, must: bool) -> Any:
    """The statement below a new group of imports, with the empty lines that part them."""
    wanted = 2 if isinstance(below, (cst.FunctionDef, cst.ClassDef)) else 1
    there = 0
    for line in below.leading_lines:
        if line.comment is not None:
            break
        there += 1
    if there and not must:
        return below
    missing = [cst.EmptyLine(indent=False)] * max(0, wanted - there)
    return below.with_changes(leading_lines=[*missing, *below.leading_lines])


def _header(module: cst.Module) -> list[tuple[int, str, str]]:
    """The import lines before the first other statement, ``__future__`` left out."""
    found = []
    known = {number: (number, kind, name) for number, kind, name in _lines(module)}
    for number, statement in enumerate(module.body):
        if number in known:
            if known[number][2] != "__future__":
                found.append(known[number])
        elif not _is_docstring(statement):
            break
    return found


def _is_docstring(statement: cst.CSTNode) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )


def _where(module: cst.Module, lines: list[tuple[int, str, str]], wanted: Import) -> tuple[int, int | None]:
    """The statement before which the line goes, and how many empty lines it gets.

    None for those is: it takes over what stands above that statement.
    """
    group = _group(wanted.module)
    mine = [line for line in lines if _group(line[2]) == group]
    if mine:
        key = _order("from" if wanted.name else "import", wanted.module)
        for number, kind, name in mine:
            if _order(kind, name) > key:
                return number, None
        return mine[-1][0] + 1, 0
    after = [line for line in lines if _group(line[2]) > group]
    before = [line for line in lines if _group(line[2]) < group]
    if before:
        return before[-1][0] + 1, 1
    if after:
        return after[0][0], None
    last = -1
    for number, statement in enumerate(module.body):
        if _is_docstring(statement) or any(one[0] == number for one in _lines(module)):
            last = number
        else:
            break
    return last + 1, 1 if last >= 0 else 0


def _group(name: str) -> int:
    if name.startswith("."):
        return 3
    return 1 if name.partition(".")[0] in sys.stdlib_module_names else 2


def _order(kind: str, name: str) -> tuple[bool, str]:
    return (kind == "from", name.lower())


def _expression(name: str) -> Any:
    return cst.parse_expression(name)
