"""`count = int(client.get(page) or 0); client.set(page, count + 1)` → `client.incr(page)`.

Unsafe always: a key that holds no whole number is refused by the store. Left where the number is used for
more than to be set again, the key is set with an expiry, or the store is not Redis.
"""

from __future__ import annotations

import libcst as cst

from rmwlint.fix.change import Change, Left
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere, hint, step_span
from rmwlint.fix.shapes import statement_of, uses
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW601",
    library="redis-py",
    does="`get`, add, `set` → `incr`, `decr`",
    unsafe="a key that holds no whole number is refused",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the key is read or set in another function")
    if hint(violation, "library") != "redis":
        return Left("the store is not Redis", foreign=True)
    write = source.at(violation.span, cst.Call)
    span = step_span(violation, "read")
    read = source.at(span, cst.Call) if span is not None else None
    if write is None or read is None or not _is(write, "set", 2) or not _is(read, "get", 1):
        return Left("it is more than `get`, then `set`", foreign=True)
    assert isinstance(write.func, cst.Attribute) and isinstance(read.func, cst.Attribute)
    key = write.args[0].value
    if not source.same(write.func.value, read.func.value) or not source.same(key, read.args[0].value):
        return Left("another key is set than was read")
    line, last = source.statement(read), source.statement(write)
    if not isinstance(line, cst.SimpleStatementLine) or not isinstance(last, cst.SimpleStatementLine):
        return Left("the key is not read and set on lines of their own", foreign=True)
    assign = line.body[0]
    if len(line.body) + len(last.body) != 2 or not isinstance(assign, cst.Assign):
        return Left("the key is not read and set on lines of their own")
    target = assign.targets[0].target
    if len(assign.targets) != 1 or not isinstance(target, cst.Name) or not _is_number(assign.value, read):
        return Left("what was read is not taken for a number")
    block = source.block(line)
    if block is None or block is not source.block(last) or source.position(last) != source.position(line) + 1:
        return Left("the key is not set right after it is read")
    added = write.args[1].value
    if not isinstance(added, cst.BinaryOperation) or not isinstance(added.operator, (cst.Add, cst.Subtract)):
        return Left("it is computed by more than + and -")
    if not isinstance(added.left, cst.Name) or added.left.value != target.value:
        return Left("it is computed by more than + and -")
    if len(list(uses(source, source.function(write), target.value))) != 2:
        return Left(f"`{target.value}` is used for something else")
    method = "incr" if isinstance(added.operator, cst.Add) else "decr"
    amount = source.code(added.right)
    args = source.code(key) + ("" if amount == "1" else f", {amount}")
    new = statement_of(source, f"{source.code(write.func.value)}.{method}({args})")
    new = new.with_changes(
        leading_lines=[*line.leading_lines, *last.leading_lines], trailing_whitespace=last.trailing_whitespace
    )
    return Change(
        {line: cst.RemoveFromParent(), last: new}, (), UNSAFE, f"counts in the store, by `{method}`"
    )


def _is(call: cst.Call, method: str, args: int) -> bool:
    return (
        isinstance(call.func, cst.Attribute)
        and call.func.attr.value == method
        and len(call.args) == args
        and all(arg.keyword is None and not arg.star for arg in call.args)
    )


def _is_number(value: cst.BaseExpression, read: cst.Call) -> bool:
    """``int(client.get(key) or 0)``, ``int(client.get(key))``."""
    if not isinstance(value, cst.Call) or not isinstance(value.func, cst.Name) or value.func.value != "int":
        return False
    inner = value.args[0].value if len(value.args) == 1 else None
    if isinstance(inner, cst.BooleanOperation) and isinstance(inner.operator, cst.Or):
        zero = inner.right
        return inner.left is read and isinstance(zero, cst.Integer) and zero.value == "0"
    return inner is read
