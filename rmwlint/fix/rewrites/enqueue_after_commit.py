"""`send.delay(pk)` in a transaction → `transaction.on_commit(partial(send.delay, pk))`.

The arguments are evaluated where they were, the task is sent once the worker can see what it is about.

Unsafe always: one actor sees the task sent later, not at all where the transaction is rolled back, and not
in tests that never commit (`TestCase` needs `captureOnCommitCallbacks`). Left where the result of the call
is used, or the transaction is not Django's.
"""

from __future__ import annotations

import libcst as cst

from rmwlint.fix.change import Change, Left, indented, without_comments
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import UNSAFE, Rewrite
from rmwlint.fix.shapes import argument
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW302",
    library="Django with Celery and other task queues",
    does="`task.delay(x)` → `transaction.on_commit(partial(task.delay, x))`",
    unsafe="the task is sent later, and not at all after a rollback",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if sum(step.role == "hazard" for step in violation.steps) != 1:
        return Left("the task is sent further down, in another function")
    call = source.at(violation.span, cst.Call)
    if call is None or not dotted(call.func):
        return Left("it is no plain call")
    line = source.parent(call)
    if not isinstance(line, cst.Expr):
        return Left("the result of the call is used")
    atomic = _atomic(source, violation)
    if isinstance(atomic, Left):
        return atomic
    hook = source.bindings.reach("django.db.transaction")
    if hook is None:
        return Left("the name `transaction` is taken")
    function = source.function(call)
    if isinstance(function, cst.FunctionDef) and _shadows(source, function, hook.code):
        return Left(f"`{hook.code}` means something else in this function")
    needs = [hook.needs] if hook.needs else []
    callback: cst.BaseExpression = call.func
    if call.args:
        partial = source.bindings.reach("functools.partial")
        if partial is None:
            return Left("the name `partial` is taken")
        needs += [partial.needs] if partial.needs else []
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        space = call.whitespace_before_args
        if isinstance(space, cst.ParenthesizedWhitespace):
            comma = cst.Comma(whitespace_after=without_comments(space))
        first = cst.Arg(call.func, comma=comma)
        callback = call.with_changes(func=cst.parse_expression(partial.code), args=[first, *call.args])
    deferred = _on_commit(source, cst.parse_expression(f"{hook.code}.on_commit"), callback, atomic)
    return Change({call: deferred}, tuple(needs), UNSAFE, f"sends `{dotted(call.func)}` after the commit")


def _on_commit(
    source: Source, hook: cst.BaseExpression, callback: cst.BaseExpression, using: cst.Arg | None
) -> cst.Call:
    """``transaction.on_commit(callback, using=…)``, one argument a line where the callback takes several."""
    broken = isinstance(callback, cst.Call) and isinstance(
        callback.whitespace_before_args, cst.ParenthesizedWhitespace
    )
    unit = source.module.default_indent if broken else ""
    args = [cst.Arg(indented(callback, unit) if broken else callback)]
    if using is not None:
        args.append(using.with_changes(comma=cst.MaybeSentinel.DEFAULT))
    if not broken:
        space = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        return cst.Call(hook, [*(one.with_changes(comma=space) for one in args[:-1]), args[-1]])
    between = cst.Comma(whitespace_after=_line_break(unit))
    last = cst.Comma(whitespace_after=_line_break(""))
    args = [*(one.with_changes(comma=between) for one in args[:-1]), args[-1].with_changes(comma=last)]
    return cst.Call(hook, args, whitespace_before_args=_line_break(unit))


def _line_break(indent: str) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(cst.TrailingWhitespace(), [], True, cst.SimpleWhitespace(indent))


def _atomic(source: Source, violation: Violation) -> cst.Arg | Left | None:
    """The ``using`` argument of the transaction around, None without; Left where it is not Django's."""
    not_django = Left("the transaction is not taken by `transaction.atomic` in this function")
    spans = [step.span for step in violation.steps if step.role == "guard" and step.path == violation.path]
    for span in spans:
        for node in (source.at(span, cst.Call), source.at(span, cst.Attribute), source.at(span, cst.Name)):
            if node is None:
                continue
            called = node.func if isinstance(node, cst.Call) else node
            if source.bindings.qualified(called) != "django.db.transaction.atomic":
                continue
            if not isinstance(node, cst.Call) or not node.args:
                return None
            first = node.args[0]
            return first if first.keyword is None else argument(node, "using")
    return not_django


def _shadows(source: Source, function: cst.FunctionDef, code: str) -> bool:
    first = code.partition(".")[0]
    return any(param.name.value == first for param in source.within(function, cst.Param))
