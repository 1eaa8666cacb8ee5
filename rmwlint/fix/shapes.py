"""Shapes of code that several rewrites look for: the saved object, its uses, literals in the file's style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import libcst as cst

from rmwlint.fix.change import Left
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import hint
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

#: Wider than this, a call is broken over lines.
WIDEST = 100


class Saved(NamedTuple):
    """A save: the call, the object as written (``order``, ``self.order``), and the function around."""

    call: cst.Call
    object: cst.BaseExpression
    written: str
    function: cst.FunctionDef | cst.Module

    @property
    def is_local(self) -> bool:
        """Whether the object is held by a plain name."""
        return isinstance(self.object, cst.Name)


def saved(source: Source, violation: Violation, methods: Sequence[str] = ("save", "asave")) -> Saved | Left:
    """The call of a save at the violation."""
    call = source.at(violation.span, cst.Call)
    if call is None or not isinstance(call.func, cst.Attribute):
        return Left("the write is no plain call of a method")
    if call.func.attr.value not in methods:
        return Left(f"the write happens inside `{call.func.attr.value}`")
    written = dotted(call.func.value)
    if not written:
        return Left("the object that is saved has no name")
    return Saved(call, call.func.value, written, source.function(call))


def uses(source: Source, around: cst.CSTNode, written: str) -> Iterator[cst.BaseExpression]:
    """Where an object of that name (``order``, ``self.order``) is used in ``around``, in order."""
    kind: Any = cst.Attribute if "." in written else cst.Name
    for node in source.within(around, kind):
        if dotted(node) != written:
            continue
        above = source.parent(node)
        if isinstance(above, cst.Attribute) and above.attr is node:
            continue
        if isinstance(above, (cst.Arg, cst.Param)) and getattr(above, "keyword", None) is node:
            continue
        yield node


_BINDING: Any = (
    cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.AsName, cst.Param, cst.For, cst.CompFor,
    cst.NamedExpr, cst.Del,
)  # fmt: skip


def bindings(source: Source, function: cst.CSTNode, name: str) -> list[cst.CSTNode]:
    """The nodes that bind a name in a function: assignments, loops, ``with``, parameters and the like."""
    found: list[cst.CSTNode] = []
    for node in uses(source, function, name):
        above = source.parent(node)
        while isinstance(above, (cst.Tuple, cst.List, cst.Element, cst.StarredElement)):
            node, above = above, source.parent(above)  # type: ignore[assignment]
        if isinstance(above, _BINDING) and getattr(above, "target", getattr(above, "name", node)) is node:
            found.append(above)
    return found


def is_store(source: Source, node: cst.CSTNode) -> bool:
    """Whether an expression is what an assignment gives a value to."""
    above = source.parent(node)
    return isinstance(above, cst.AssignTarget) or (
        isinstance(above, (cst.AnnAssign, cst.AugAssign)) and above.target is node
    )


def attribute_of(source: Source, use: cst.BaseExpression) -> cst.Attribute | None:
    """``order.note`` around a use of ``order``."""
    above = source.parent(use)
    return above if isinstance(above, cst.Attribute) and above.value is use else None


def is_called(source: Source, node: cst.CSTNode) -> cst.Call | None:
    """The call of which the expression is the callee."""
    above = source.parent(node)
    return above if isinstance(above, cst.Call) and above.func is node else None


def loop_around(source: Source, node: cst.CSTNode) -> cst.CSTNode | None:
    """The innermost loop of the same function that runs the node again."""
    for above in source.ancestors(node):
        if isinstance(above, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            return None
        if isinstance(above, (cst.For, cst.While)):
            return above
    return None


def quoted(source: Source, text: str) -> str:
    """A string literal in the quotes that the file prefers."""
    return f"'{text}'" if source.text.count("'") > source.text.count('"') else f'"{text}"'


def argument(call: cst.Call, keyword: str) -> cst.Arg | None:
    """The argument given under a keyword."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == keyword:
            return arg
    return None


def is_open(call: cst.Call) -> bool:
    """Whether a call takes ``*args`` or ``**kwargs``, so that what it passes is not known."""
    return any(arg.star for arg in call.args)


def with_argument(source: Source, call: cst.Call, keyword: str, value: str) -> cst.Call:
    """The call with one more keyword argument, broken over lines where it gets too wide."""
    given = list(call.args)
    if given:
        last = given[-1]
        comma = last.comma if isinstance(last.comma, cst.Comma) else None
        if comma is not None:  # a trailing comma: one argument a line, as a rule
            after: Any = given[-2].comma if len(given) > 1 else call.whitespace_before_args
            between = after if isinstance(after, cst.Comma) else comma.with_changes(whitespace_after=after)
            between, comma = _comments_first(between, comma)
            new = cst.Arg(cst.parse_expression(value), _name(keyword), equal=_tight(), comma=comma)
            return call.with_changes(args=[*given[:-1], last.with_changes(comma=between), new])
        between = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        tail = last.whitespace_after_arg
        new = cst.Arg(cst.parse_expression(value), _name(keyword), equal=_tight(), whitespace_after_arg=tail)
        first = last.with_changes(comma=between, whitespace_after_arg=cst.SimpleWhitespace(""))
        return call.with_changes(args=[*given[:-1], first, new])
    new = cst.Arg(cst.parse_expression(value), _name(keyword), equal=_tight())
    longer = call.with_changes(args=[new], whitespace_before_args=cst.SimpleWhitespace(""))
    where = source.span(call)
    if where.column + len(source.code(longer)) > WIDEST:
        indent = len(_indentation(source, call)) + 4
        if value.startswith("[") and indent + len(f"{keyword}={value},") > WIDEST:
            items = "".join(f"        {item},\n" for item in value[1:-1].split(", "))
            value = f"[\n{items}    ]"
        text = f"{source.code(call.func)}(\n    {keyword}={value},\n)"
        broken: Any = cst.parse_expression(text)
        return call.with_changes(args=broken.args, whitespace_before_args=broken.whitespace_before_args)
    return longer


def with_elements(display: Any, kept: Sequence[Any]) -> Any:
    """A list, tuple, set or dict with some of its elements only; what stood behind the last stays there."""
    elements = display.elements
    last = kept[-1]
    if last is elements[-1]:
        return display.with_changes(elements=kept)
    space = getattr(last.comma, "whitespace_after", None)
    new = [*kept[:-1], last.with_changes(comma=elements[-1].comma)]
    if isinstance(display, cst.Tuple) and len(new) == 1 and not isinstance(new[0].comma, cst.Comma):
        new[0] = new[0].with_changes(comma=cst.Comma())
    changed = display.with_changes(elements=new)
    if not isinstance(space, cst.ParenthesizedWhitespace) or space.first_line.comment is None:
        return changed
    for bracket in ("rbracket", "rbrace"):
        end = getattr(display, bracket, None)
        if end is not None and isinstance(end.whitespace_before, cst.ParenthesizedWhitespace):
            ending = end.whitespace_before.with_changes(first_line=space.first_line)
            return changed.with_changes(**{bracket: end.with_changes(whitespace_before=ending)})
    return changed


def _comments_first(between: cst.Comma, last: cst.Comma) -> tuple[cst.Comma, cst.Comma]:
    """Two commas around a new argument: the first breaks the line as ``between`` does, the second as ``last``
    did; comments behind the argument before stay behind it."""
    space, end = between.whitespace_after, last.whitespace_after
    if not isinstance(end, cst.ParenthesizedWhitespace):
        return between, last
    if isinstance(space, cst.ParenthesizedWhitespace):
        space = space.with_changes(first_line=end.first_line, empty_lines=end.empty_lines)
    else:
        space = end
    bare = end.first_line.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))
    end = end.with_changes(first_line=bare, empty_lines=[])
    return between.with_changes(whitespace_after=space), last.with_changes(whitespace_after=end)


def _indentation(source: Source, node: cst.CSTNode) -> str:
    line = source.text.splitlines()[source.line(node) - 1]
    return line[: len(line) - len(line.lstrip())].expandtabs(4)


def _name(keyword: str) -> cst.Name:
    return cst.Name(keyword)


def _tight() -> cst.AssignEqual:
    nothing = cst.SimpleWhitespace("")
    return cst.AssignEqual(whitespace_before=nothing, whitespace_after=nothing)


def class_name(source: Source, violation: Violation) -> str:
    """The row's class as this module knows it: defined here, or imported by its own name; else empty."""
    name = hint(violation, "class")
    for statement in source.module.body:
        if isinstance(statement, cst.ClassDef) and statement.name.value == name:
            return name
    return name if source.bindings.imported.get(name, "").rpartition(".")[2] == name else ""


def statement_of(source: Source, code: str) -> Any:
    """A statement parsed with the file's own settings."""
    return cst.parse_statement(code, config=source.module.config_for_parsing)


def ends(statement: cst.CSTNode) -> bool:
    """Whether control never goes on after the statement: return, raise, continue, break."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    return isinstance(statement.body[-1], (cst.Return, cst.Raise, cst.Continue, cst.Break))
