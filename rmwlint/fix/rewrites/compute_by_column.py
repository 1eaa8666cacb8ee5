"""`account.balance -= amount` → `account.balance = Account.balance - amount`: the UPDATE computes.

The flush writes `SET balance = balance - :amount`, and whatever the column holds by then is what is reduced.
The session reads the attribute again when it is next asked for.

Unsafe always: the object holds an expression until the flush, which validators and listeners see, and the
database treats NULL and rounds in its own way. Left where the old value also decides something, or the new
one is used before the flush: then the row must be locked. Left in `async` functions that use it later, for
what a flush has expired cannot be read again there without `await`.
"""

from __future__ import annotations

import libcst as cst

from rmwlint.fix.arithmetic import computed
from rmwlint.fix.change import Change, Left
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere, hint, hinted, step_span
from rmwlint.fix.shapes import attribute_of, bindings, class_name, is_store, loop_around, uses
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW104",
    library="SQLAlchemy",
    does="`obj.n += k` → `obj.n = Model.n + k`, computed by the UPDATE",
    unsafe="the object holds an expression until the flush",
)

#: After these the attribute is read again from the row.
_FLUSHES = frozenset(["commit", "flush", "refresh"])


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the read or the write is in another function")
    if hint(violation, "writes") != "flush":
        return Left("it is no row of SQLAlchemy", foreign=True)
    if step_span(violation, "read") is None:
        return Left("the row was read by a caller, which may use the number")
    name = hint(violation, "attribute")
    target = source.at(violation.span, cst.Attribute)
    if target is None or target.attr.value != name or not is_store(source, target):
        return Left(f"`{name}` is not set by a plain assignment")
    if not isinstance(target.value, cst.Name):
        return Left("the row has no name of its own")
    if name not in hinted(violation, "column"):
        return Left(f"`{name}` is not known to be a column")
    model = class_name(source, violation)
    if not model:
        return Left("the class is not known by name in this module")
    found = computed(source, target, f"{model}.{name}")
    if found is None:
        return Left(f"`{name}` is computed by more than +, - and *")
    other = _other_use(source, target, name, found.statement)
    if other:
        return Left(other)
    message = f"lets the database compute `{name}`, from what it holds at the flush"
    return Change({found.statement: found.new}, (), UNSAFE, message)


def _other_use(source: Source, target: cst.Attribute, name: str, statement: cst.CSTNode) -> str:
    """Why an expression in the place of the number would be seen; empty where it is not."""
    function = source.function(target)
    written = dotted(target.value)
    bound = bindings(source, function, written)
    loop = loop_around(source, statement)
    if loop is not None and not any(source.inside(one, loop) for one in bound):
        return f"`{written}` is changed again by the next turn of the loop"
    flush = _flush_below(source, statement)
    is_async = isinstance(function, cst.FunctionDef) and function.asynchronous is not None
    for use in uses(source, function, written):
        if source.inside(use, statement):
            continue
        attribute = attribute_of(source, use)
        below = source.before(statement, use)
        flushed = flush is not None and source.before(flush, use) and not source.inside(use, flush)
        if attribute is not None and attribute.attr.value == name:
            if not flushed:
                return f"`{written}.{name}` is used for something else before it is flushed"
            if is_async:
                return f"`{written}.{name}` is used later, where an `async` session cannot read it again"
        elif below and attribute is None and not flushed and not _to_session(source, use):
            return f"`{written}` is handed on before it is flushed"
        elif below and attribute is None and is_async and not _to_session(source, use):
            return f"`{written}` is used later, where an `async` session cannot read it again"
    return ""


def _flush_below(source: Source, statement: cst.CSTNode) -> cst.CSTNode | None:
    """The first statement below, in the same block or one around it, that flushes the session."""
    line = source.statement(statement)
    while line is not None and source.block(line) is not None:
        for following in source.neighbours(line)[source.position(line) + 1 :]:
            if isinstance(following, cst.SimpleStatementLine):
                for call in source.within(following, cst.Call):
                    if isinstance(call.func, cst.Attribute) and call.func.attr.value in _FLUSHES:
                        return following
        block = source.block(line)
        assert block is not None
        if isinstance(block, cst.Module) or isinstance(source.parent(block), cst.FunctionDef):
            return None
        line = source.statement(source.parent(block))
    return None


def _to_session(source: Source, use: cst.BaseExpression) -> bool:
    """Whether the row is an argument of ``session.add(row)`` and the like."""
    above = source.parent(use)
    call = source.parent(above) if isinstance(above, cst.Arg) else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
        return False
    return call.func.attr.value in ("add", "refresh", "merge", "expire")
