"""One file as a rewrite sees it: a libcst tree, where its nodes stand, and what its names mean."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import TypeVar, cast

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from rmwlint.fix.names import Bindings
from rmwlint.source.text import Undecodable, decode, encoding_of
from rmwlint.violation import Span

N = TypeVar("N", bound=cst.CSTNode)

FunctionLike = (cst.FunctionDef, cst.Lambda)


class Unreadable(Exception):
    """The file cannot be rewritten at all; the text says why."""


class Source:
    """The tree of a file. Raises Unreadable where it does not parse, or would not come back byte for byte."""

    def __init__(self, data: bytes) -> None:
        try:
            self.text = decode(data)
            self.encoding = encoding_of(data)
        except Undecodable as error:
            raise Unreadable(str(error)) from None
        self.mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        try:
            wrapper = MetadataWrapper(cst.parse_module(self.text), unsafe_skip_copy=True)
            self._positions = wrapper.resolve(PositionProvider)
        except (cst.ParserSyntaxError, RecursionError) as error:
            raise Unreadable(f"libcst cannot parse it: {str(error).splitlines()[0]}") from None
        self.module = wrapper.module
        if self.module.code != self.text:
            raise Unreadable("libcst does not give it back byte for byte")
        self._by_span: dict[tuple[int, int, int, int], list[cst.CSTNode]] = {}
        for node, where in self._positions.items():
            key = (where.start.line, where.start.column + 1, where.end.line, where.end.column + 1)
            self._by_span.setdefault(key, []).append(node)
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        pending: list[cst.CSTNode] = [self.module]
        while pending:
            node = pending.pop()
            for child in node.children:
                self._parents[child] = node
                pending.append(child)
        self.bindings = Bindings(self.module)

    def encoded(self, text: str) -> bytes:
        """The bytes of a changed text. Raises UnicodeEncodeError where the file's encoding cannot say it."""
        return self.mark + text.encode(self.encoding)

    def at(self, span: Span, kind: type[N]) -> N | None:
        """The outermost node of that kind that stands exactly there."""
        for node in self._by_span.get((span.line, span.column, span.end_line, span.end_column), ()):
            if isinstance(node, kind) and node in self._parents:
                return node
        return None

    def anything_at(self, span: Span) -> cst.CSTNode | None:
        """The outermost node, of whatever kind, that stands exactly there."""
        for node in self._by_span.get((span.line, span.column, span.end_line, span.end_column), ()):
            if node in self._parents:
                return node
        return None

    def line(self, node: cst.CSTNode) -> int:
        """The line where a node starts."""
        return int(self._positions[node].start.line)

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands."""
        where = self._positions[node]
        return Span(where.start.line, where.start.column + 1, where.end.line, where.end.column + 1)

    def before(self, one: cst.CSTNode, other: cst.CSTNode) -> bool:
        """Whether ``one`` starts before ``other``."""
        return self.span(one)[:2] < self.span(other)[:2]

    def code(self, node: cst.CSTNode) -> str:
        """The source of a node."""
        return self.module.code_for_node(node)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        """The node around it. Raises KeyError for the module."""
        return self._parents[node]

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around it, innermost first, without itself."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def inside(self, node: cst.CSTNode, around: cst.CSTNode) -> bool:
        """Whether ``node`` is ``around`` or stands in it."""
        return node is around or any(above is around for above in self.ancestors(node))

    def function(self, node: cst.CSTNode) -> cst.FunctionDef | cst.Module:
        """The function whose code it is; the module outside of any."""
        for above in self.ancestors(node):
            if isinstance(above, cst.FunctionDef):
                return above
        return self.module

    def statement(self, node: cst.CSTNode) -> cst.BaseStatement | None:
        """The statement, a line of its own or compound, in which it stands; None in a one-line suite."""
        inner = node
        for above in (node, *self.ancestors(node)):
            if isinstance(above, (cst.IndentedBlock, cst.Module)):
                return inner if isinstance(inner, cst.BaseStatement) else None
            if isinstance(above, cst.SimpleStatementSuite):
                return None
            inner = above
        return None

    def alone(self, node: cst.BaseSmallStatement) -> cst.SimpleStatementLine | None:
        """The line of a small statement that shares it with no other."""
        line = self._parents.get(node)
        if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
            return line
        return None

    def block(self, statement: cst.CSTNode) -> cst.IndentedBlock | cst.Module | None:
        """The block that a statement is a member of."""
        above = self._parents.get(statement)
        return above if isinstance(above, (cst.IndentedBlock, cst.Module)) else None

    def position(self, statement: cst.CSTNode) -> int:
        """Its place among the statements of its block."""
        block = self.block(statement)
        assert block is not None
        return next(number for number, one in enumerate(block.body) if one is statement)

    def neighbours(self, statement: cst.CSTNode) -> tuple[cst.BaseStatement, ...]:
        """The statements of its block."""
        block = self.block(statement)
        assert block is not None
        return cast("tuple[cst.BaseStatement, ...]", tuple(block.body))

    def within(self, around: cst.CSTNode, kind: type[N]) -> Iterator[N]:
        """Nodes of a kind in ``around``, itself too, in the order of the source."""
        pending: list[cst.CSTNode] = [around]
        while pending:
            node = pending.pop()
            if isinstance(node, kind):
                yield node
            pending.extend(reversed(node.children))

    def same(self, one: cst.CSTNode, other: cst.CSTNode) -> bool:
        """Whether two expressions are written alike, but for spaces and parentheses around them."""
        return one.deep_equals(other) or _bare(self.code(one)) == _bare(self.code(other))


def _bare(code: str) -> str:
    return "".join(code.split())
