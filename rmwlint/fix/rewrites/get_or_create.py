"""Look, then create → `get_or_create`, where the columns of the look are unique.

    tag = Tag.objects.filter(name=name).first()      tag = Tag.objects.get_or_create(
    if tag is None:                                      name=name, defaults={"colour": "red"}
        tag = Tag.objects.create(                    )[0]
            name=name, colour="red"
        )

`try: … except Tag.DoesNotExist: …` and `if not ….exists(): …` likewise, and the `async` calls.

Safe where the row is made of names, attributes and constants: one actor gets the same row, and the second of
two gets the row of the first. Unsafe where something is called to make it, for that is called always now.
Left where nothing keeps the columns of the look unique, for `get_or_create` could not either; and where the
look asks more than whether columns equal values.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import libcst as cst

from rmwlint.fix.change import Change, Left, replaced
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import SAFE, UNSAFE, Rewrite, elsewhere, hint, step_span
from rmwlint.fix.shapes import WIDEST, quoted, statement_of
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW501",
    library="Django",
    does="look, then create → `get_or_create`, where the columns of the look are unique",
    safe="what the row is made of calls nothing",
    unsafe="what the row is made of is made always",
)

_FINDS = frozenset(["first", "afirst", "last", "alast"])
_GETS = frozenset(["get", "aget"])
_ASKS = frozenset(["exists", "aexists"])


class _Look(NamedTuple):
    """``Tag.objects.filter(name=name).first()``: the manager as written, the columns asked, the last call."""

    manager: cst.BaseExpression
    columns: tuple[cst.Arg, ...]
    method: str


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the look or the creation is in another function")
    if not hint(violation, "row").startswith("django."):
        return Left("it is no row of Django", foreign=True)
    if not hint(violation, "unique"):
        return Left("nothing keeps the columns of the look unique, which `get_or_create` needs too")
    span = step_span(violation, "read")
    read = source.at(span, cst.Call) if span is not None else None
    look = _look(read) if read is not None else None
    if read is None or look is None:
        return Left("the look asks more than whether columns equal values")
    write = source.at(violation.span, cst.Call)
    if write is None:
        return Left("the creation is no plain call")
    created = _created(source, write, look)
    if isinstance(created, Left):
        return created
    block, result = created
    given = {arg.keyword.value: arg for arg in result.args if arg.keyword is not None}
    if len(given) != len(result.args):
        return Left("what the row is made of is not written out")
    for asked in look.columns:
        assert asked.keyword is not None
        same = given.get(asked.keyword.value)
        if same is None or not source.same(same.value, asked.value):
            return Left(f"the row is not created with the `{asked.keyword.value}` that was looked for")
    asked_for = {arg.keyword.value for arg in look.columns if arg.keyword is not None}
    defaults = [arg for name, arg in given.items() if name not in asked_for]
    for arg in defaults:
        for kind in (cst.Await, cst.Yield, cst.NamedExpr):
            if any(True for _ in source.within(arg, kind)):
                return Left("what the row is made of waits for something")
    awaited = look.method in ("afirst", "alast", "aget", "aexists")
    text = _call(source, look, defaults, awaited)
    statement = _statement(source, read, block, text, look, awaited)
    if isinstance(statement, Left):
        return statement
    costs = any(True for arg in defaults for _ in source.within(arg, cst.Call))
    promise = UNSAFE if costs else SAFE
    return Change(statement, (), promise, "looks and creates in one step, by `get_or_create`")


def _look(read: cst.Call) -> _Look | None:
    """The parts of a look that asks for columns that equal values."""
    if not isinstance(read.func, cst.Attribute):
        return None
    method = read.func.attr.value
    if method in _GETS:
        asked = read
    elif method in _FINDS | _ASKS and not read.args and isinstance(read.func.value, cst.Call):
        asked = read.func.value
        if not isinstance(asked.func, cst.Attribute) or asked.func.attr.value != "filter":
            return None
    else:
        return None
    manager = asked.func
    assert isinstance(manager, cst.Attribute)
    if not dotted(manager.value).endswith(".objects") or not asked.args:
        return None
    for arg in asked.args:
        if arg.keyword is None or "__" in arg.keyword.value:
            return None
    return _Look(manager.value, tuple(asked.args), method)


def _created(
    source: Source, write: cst.Call, look: _Look
) -> tuple[tuple[cst.BaseStatement, ...], cst.Call] | Left:
    """The statements that create the row, alone in their block, and the call that is given its columns."""
    line = source.statement(write)
    block = source.block(line) if line is not None else None
    if line is None or not isinstance(block, cst.IndentedBlock):
        return Left("the creation does not stand on a line of its own")
    body = source.neighbours(line)
    assert isinstance(write.func, cst.Attribute)
    if write.func.attr.value in ("create", "acreate") and len(body) == 1:
        if not source.same(write.func.value, look.manager):
            return Left("it is created by another manager than looked for")
        return body, write
    if write.func.attr.value in ("save", "asave") and not write.args and len(body) == 2 and body[1] is line:
        made = _assigned(body[0])
        if made is not None and dotted(made.func) == dotted(look.manager).rpartition(".")[0]:
            if _target(body[0]) == dotted(write.func.value):
                return body, made
    return Left("more happens where it is created")


def _assigned(statement: cst.CSTNode) -> cst.Call | None:
    value = _value(statement)
    return value if isinstance(value, cst.Call) else None


def _only(statement: cst.CSTNode) -> cst.BaseSmallStatement | None:
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return statement.body[0]
    return None


def _value(statement: cst.CSTNode) -> cst.BaseExpression | None:
    """The value of an assignment, a ``return`` or an expression, without ``await``."""
    small = _only(statement)
    value = getattr(small, "value", None) if isinstance(small, (cst.Assign, cst.Return, cst.Expr)) else None
    return value.expression if isinstance(value, cst.Await) else value


def _target(statement: cst.CSTNode) -> str:
    """``tag`` of ``tag = …``, ``return`` of a return, empty of an expression; ``?`` for anything else."""
    small = _only(statement)
    if isinstance(small, cst.Assign) and len(small.targets) == 1:
        return dotted(small.targets[0].target) or "?"
    if isinstance(small, cst.Return):
        return "return"
    return "" if isinstance(small, cst.Expr) else "?"


def _call(source: Source, look: _Look, defaults: list[cst.Arg], awaited: bool) -> str:
    asked = [f"{arg.keyword.value}={source.code(arg.value)}" for arg in look.columns if arg.keyword]
    if defaults:
        pairs = [
            f"{quoted(source, arg.keyword.value)}: {source.code(arg.value)}"
            for arg in defaults
            if arg.keyword
        ]
        asked.append(f"defaults={{{', '.join(pairs)}}}")
    method = "aget_or_create" if awaited else "get_or_create"
    return f"{source.code(look.manager)}.{method}({', '.join(asked)})"


def _statement(
    source: Source,
    read: cst.Call,
    block: tuple[cst.BaseStatement, ...],
    text: str,
    look: _Look,
    awaited: bool,
) -> dict[cst.CSTNode, Any] | Left:
    """What is put in the place of look and creation."""
    expression = f"await {text}" if awaited else text
    row = f"({expression})[0]" if awaited else f"{expression}[0]"
    around = source.parent(source.parent(block[0]))
    target = _target(block[0])
    if target == "?":
        return Left("the new row is given to more than a name")
    new: Any
    if isinstance(around, cst.If) and around.orelse is None and not isinstance(source.parent(around), cst.If):
        if look.method in _ASKS:
            if target or len(block) != 1 or not _is_not(source, around.test, read):
                return Left("more hangs on the look")
            new = statement_of(source, expression)
            return {around: _like(source, around, new, block[0])}
        at = source.position(around) if source.block(around) is not None else 0
        before = source.neighbours(around)[at - 1] if at else None
        if before is None or _value(before) is not read or _target(before) != target or not target:
            return Left("the look does not stand right above the test")
        if not _is_absent(around.test, target):
            return Left("more is asked than whether there is one")
        new = statement_of(source, f"{target} = {row}")
        if _has_comment(source, around):
            return Left("a comment stands where the creation was")
        return {before: _like(source, before, new, before), around: cst.RemoveFromParent()}
    if isinstance(around, cst.ExceptHandler):
        attempted = source.parent(around)
        if not isinstance(attempted, cst.Try) or len(attempted.handlers) != 1:
            return Left("other errors are caught too")
        if attempted.orelse is not None or attempted.finalbody is not None or around.name is not None:
            return Left("more hangs on the look")
        body = attempted.body.body
        caught = dotted(around.type) if around.type is not None else ""
        if not caught.endswith("DoesNotExist") or len(body) != 1 or _value(body[0]) is not read:
            return Left("more hangs on the look")
        if _target(body[0]) != target or target == "":
            return Left("the look gives its row to something else")
        if _has_comment(source, attempted):
            return Left("a comment stands where the creation was")
        lead = "return" if target == "return" else f"{target} ="
        new = statement_of(source, f"{lead} {row}")
        return {attempted: _like(source, attempted, new, attempted)}
    return Left("more hangs on the look")


def _has_comment(source: Source, node: cst.CSTNode) -> bool:
    bare: Any = node
    return "#" in source.code(bare.with_changes(leading_lines=[]))


def _like(source: Source, old: cst.CSTNode, new: Any, inner: cst.CSTNode) -> Any:
    """The new statement with the lines above the old one, broken where it gets too wide."""
    first: Any = old
    leading = list(first.leading_lines)
    trailing = None
    if isinstance(inner, cst.SimpleStatementLine):
        if inner is not old:
            leading += inner.leading_lines
        trailing = inner.trailing_whitespace
    new = new.with_changes(leading_lines=leading)
    if trailing is not None:
        new = new.with_changes(trailing_whitespace=trailing)
    width = source.span(old).column + len(source.code(new.with_changes(leading_lines=[])).rstrip())
    return _broken(new) if width > WIDEST else new


def _broken(statement: Any) -> Any:
    """The same with the arguments of ``get_or_create`` on a line of their own."""
    call = next(
        node
        for node in _below(statement)
        if isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value.endswith("get_or_create")
    )

    def line(inner: bool) -> cst.ParenthesizedWhitespace:
        space = cst.SimpleWhitespace("    " if inner else "")
        return cst.ParenthesizedWhitespace(cst.TrailingWhitespace(), [], True, space)

    args = list(call.args)
    args = [
        *(one.with_changes(comma=cst.Comma(whitespace_after=line(True))) for one in args[:-1]),
        args[-1].with_changes(comma=cst.Comma(whitespace_after=line(False))),
    ]
    return replaced(statement, {call: call.with_changes(args=args, whitespace_before_args=line(True))})


def _below(node: cst.CSTNode) -> list[cst.CSTNode]:
    found = [node]
    for one in found:
        found.extend(one.children)
    return found


def _is_not(source: Source, test: cst.BaseExpression, read: cst.Call) -> bool:
    """``not Tag.objects.filter(…).exists()``, awaited or not."""
    if not isinstance(test, cst.UnaryOperation) or not isinstance(test.operator, cst.Not):
        return False
    inner = test.expression
    return (inner.expression if isinstance(inner, cst.Await) else inner) is read


def _is_absent(test: cst.BaseExpression, target: str) -> bool:
    """``tag is None``, ``not tag``."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return dotted(test.expression) == target
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    only = test.comparisons[0]
    return (
        dotted(test.left) == target
        and isinstance(only.operator, cst.Is)
        and dotted(only.comparator) == "None"
    )
