"""What a rewrite gives: nodes to put in place of others, the imports that needs, and what it promises."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import libcst as cst

from rmwlint.fix.imports import add_imports
from rmwlint.fix.names import Import
from rmwlint.fix.source import Source
from rmwlint.violation import Applicability, Edit, Span

#: A node, several in its place, or none.
Replacement: TypeAlias = "cst.CSTNode | cst.FlattenSentinel[Any] | cst.RemovalSentinel"


class Change(NamedTuple):
    """``message`` says what is done, as a reader would: "names the columns it saves"."""

    replacements: Mapping[cst.CSTNode, Replacement]
    imports: tuple[Import, ...]
    applicability: Applicability
    message: str


class Left(NamedTuple):
    """Why a rewrite does nothing: a clause after "left: ". ``foreign``: it is for other code than this."""

    reason: str
    foreign: bool = False


def disjoint(source: Source, changes: Sequence[Change]) -> list[int]:
    """The numbers of the first changes that do not touch each other."""
    taken: set[cst.CSTNode] = set()
    around: set[cst.CSTNode] = set()
    chosen = []
    for number, change in enumerate(changes):
        nodes = set(change.replacements)
        above = {ancestor for node in nodes for ancestor in source.ancestors(node)}
        if nodes & taken or nodes & around or above & taken:
            continue
        taken |= nodes
        around |= above
        chosen.append(number)
    return chosen


def applied(source: Source, changes: Iterable[Change]) -> str:
    """The text of the module with changes that do not touch each other."""
    table: dict[cst.CSTNode, Replacement] = {}
    imports: dict[Import, None] = {}
    for change in changes:
        table.update(change.replacements)
        imports.update(dict.fromkeys(change.imports))
    module = replaced(source.module, table)
    return add_imports(module, list(imports)).code


def replaced(node: Any, table: Mapping[Any, Replacement]) -> Any:
    """A copy of a tree with some of its nodes replaced."""
    return node.visit(_Replacing(table))


class _Replacing(cst.CSTTransformer):
    def __init__(self, table: Mapping[Any, Replacement]) -> None:
        super().__init__()
        self._table = table

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node not in self._table

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        return self._table.get(original_node, updated_node)


def without_comments(node: Any) -> Any:
    """A copy of a tree that says nothing twice where the tree itself stays: its comments are left out."""
    return node.visit(_Uncommented())


class _Uncommented(cst.CSTTransformer):
    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> Any:
        return cst.RemoveFromParent() if original_node.comment is not None else updated_node

    def leave_TrailingWhitespace(self, original_node: cst.TrailingWhitespace, updated_node: Any) -> Any:
        if original_node.comment is None:
            return updated_node
        return updated_node.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))


def indented(node: Any, indent: str) -> Any:
    """A copy of an expression whose further lines stand one level deeper."""
    return node.visit(_Indented(indent))


class _Indented(cst.CSTTransformer):
    def __init__(self, indent: str) -> None:
        super().__init__()
        self._indent = indent

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> Any:
        lines = [
            line.with_changes(whitespace=cst.SimpleWhitespace(self._indent + line.whitespace.value))
            if line.comment is not None
            else line
            for line in updated_node.empty_lines
        ]
        last = cst.SimpleWhitespace(self._indent + updated_node.last_line.value)
        return updated_node.with_changes(empty_lines=lines, last_line=last)


def edits(path: str, before: str, after: str) -> tuple[Edit, ...]:
    """The lines that differ, as edits of the text before."""
    old = before.splitlines(keepends=True)
    new = after.splitlines(keepends=True)
    found = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for what, first, last, start, end in matcher.get_opcodes():
        if what != "equal":
            found.append(Edit(path, Span(first + 1, 1, last + 1, 1), "".join(new[start:end])))
    return tuple(found)
