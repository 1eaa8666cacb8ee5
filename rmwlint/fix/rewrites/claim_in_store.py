"""A key that is looked for and then set → one call that does both, and says whether it did.

    if cache.get(key):                     if not cache.add(key, "taken", 60):
        return False                           return False
    cache.set(key, "taken", 60)

With Redis, `set(…, nx=True)`.

Unsafe always: a key that is there with an empty value is taken for claimed. Left where the key is not set
right after the look, or more hangs on it.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from rmwlint.fix.change import Change, Left, replaced
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere, hint, step_span
from rmwlint.fix.shapes import argument, ends, is_open, with_argument
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW601",
    library="Django's cache, redis-py",
    does="look, then `set` → `cache.add`, `set(…, nx=True)`",
    unsafe="a key with an empty value is taken for claimed",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the key is read or set in another function")
    library = hint(violation, "library")
    if library not in ("redis", "django"):
        return Left("how its store claims a key is not known here", foreign=True)
    write = source.at(violation.span, cst.Call)
    span = step_span(violation, "read")
    read = source.at(span, cst.Call) if span is not None else None
    if write is None or read is None or is_open(write) or len(write.args) < 2 or len(read.args) != 1:
        return Left("it is more than a look, then `set`", foreign=True)
    if not isinstance(write.func, cst.Attribute) or write.func.attr.value != "set":
        return Left("it is more than a look, then `set`", foreign=True)
    if not isinstance(read.func, cst.Attribute) or not source.same(read.func.value, write.func.value):
        return Left("another store is looked into")
    if not source.same(read.args[0].value, write.args[0].value):
        return Left("another key is set than was looked for")
    around = next((above for above in source.ancestors(read) if isinstance(above, cst.If)), None)
    last = source.statement(write)
    if around is None or not _is_there(around.test, read) or around.orelse is not None:
        return Left("more hangs on the look", foreign=True)
    body = around.body
    if not isinstance(body, cst.IndentedBlock) or not ends(body.body[-1]) or source.block(around) is None:
        return Left("where the key is there control goes on")
    if not isinstance(last, cst.SimpleStatementLine) or len(last.body) != 1:
        return Left("the key is not set on a line of its own")
    if not isinstance(last.body[0], cst.Expr) or last.body[0].value is not write:
        return Left("what `set` returns is used")
    if source.block(last) is not source.block(around) or source.position(last) != source.position(around) + 1:
        return Left("the key is not set right after the look")
    claim: Any
    if library == "redis":
        if argument(write, "nx") is not None or argument(write, "xx") is not None or len(write.args) > 5:
            return Left("the call says itself when it sets")
        claim = with_argument(source, write, "nx", "True")
    else:
        claim = write.with_changes(func=write.func.with_changes(attr=cst.Name("add")))
    test = cst.UnaryOperation(cst.Not(), claim)
    new: Any = replaced(around, {around.test: test})
    comments = [line for line in last.leading_lines if line.comment is not None]
    new = new.with_changes(leading_lines=[*around.leading_lines, *comments])
    return Change({around: new, last: cst.RemoveFromParent()}, (), UNSAFE, "looks and claims in one step")


def _is_there(test: cst.BaseExpression, read: cst.Call) -> bool:
    """``if cache.get(key):``, ``if cache.get(key) is not None:``."""
    if test is read:
        return True
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1 or test.left is not read:
        return False
    only = test.comparisons[0]
    return isinstance(only.operator, cst.IsNot) and dotted(only.comparator) == "None"
