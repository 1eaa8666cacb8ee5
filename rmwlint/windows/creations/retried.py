"""Creations whose duplicate is refused and then tried again, so that the second call finds the first one's.

A decorator does it, on the function or on whatever calls it: one that a library model says it of
(``does = "retry"``), one of the project whose wrapper catches duplicates around the call, or one with a
telling name that is given the class of a duplicate, or a function that tells one.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.libraries.index import snake
from rmwlint.libraries.model import CallModel
from rmwlint.program.calling import kept_for_check
from rmwlint.program.link import link
from rmwlint.program.program import Fn, remembered
from rmwlint.windows.concurrency.callers import duplicate_caught
from rmwlint.windows.concurrency.ways import every_way
from rmwlint.windows.interpreter.decorators import decoration, decorators, wrapped_call
from rmwlint.windows.interpreter.interpret import Interpreter

_DUPLICATE = "duplicate"


def retries(fn: Fn) -> str:
    """How a function's decorators take care of a duplicate that it meets: ``named`` where they are given its
    class, ``any`` where they try again whatever the database refuses; empty where they do not."""
    found = fn.memo.get("retries_duplicates")
    if found is None:
        found = fn.memo["retries_duplicates"] = next(_retries(fn), "")
    return found  # type: ignore[return-value]


def _retries(fn: Fn) -> Iterator[str]:
    if _called_again(fn):
        yield "any"
    parent = fn.parent
    if parent is None:
        return
    for scope, register, _ in decorators(fn, parent):
        decorator = decoration(scope, register, fn)
        for row in decorator.rows:
            if row.does == "retry" and _DUPLICATE in row.exceptions:
                yield "any"
        if any(_takes_care(target) for target in decorator.targets):
            yield "any"
        told = any(row.does == "retry" and not row.exceptions for row in decorator.rows)
        if (told or _telling(scope, register)) and _given(scope, register):
            yield "named"


def _called_again(fn: Fn) -> bool:
    """Whether a library calls a method of that name again after a duplicate."""
    libraries = fn.module.program.libraries
    return fn.owner is not None and any(
        row.does == "retry" and not row.form and _DUPLICATE in row.exceptions
        for library_type in fn.owner.library_types()
        for row in libraries.method_meaning(library_type, fn.facts.name, {})
    )


def _telling(scope: Fn, register: int) -> bool:
    """Whether a decorator's name suggests that it tries again."""
    ops = scope.facts.ops
    op = ops[register]
    if op[0] != "call" or ops[op[1]][0] not in ("name", "attr"):
        return False
    rows: tuple[CallModel, ...] = scope.module.program.libraries.method_meaning(
        "naming.Decorator", snake(str(ops[op[1]][-1])), {}
    )
    return any(row.does == "retry" for row in rows)


def _given(scope: Fn, register: int) -> bool:
    """Whether a call is given the class of a duplicate, by itself or in a tuple or in another call."""
    run = Interpreter(scope)
    pending, seen = [register], {register}
    while pending:
        op = scope.facts.ops[pending.pop()]
        parts: list[int] = []
        if op[0] == "call":
            parts = [*op[2], *(value for _, value in op[3])]
        elif op[0] == "build":
            parts = list(op[2])
        for part in parts:
            if _DUPLICATE in run.handled(part) or _names_duplicate(scope, part) or _judges(scope, part):
                return True
            if part not in seen:
                seen.add(part)
                pending.append(part)
    return False


def _judges(scope: Fn, register: int) -> bool:
    """Whether a function of the project, named or a lambda, asks an error whether it is a duplicate."""
    kind = link(scope).types[register]
    if kind is None or kind.kind != "function":
        return False
    judge: Fn = kind.ref
    ops, run = judge.facts.ops, Interpreter(judge)
    return any(
        op[0] == "call"
        and ops[op[1]] == ("name", "isinstance")
        and len(op[2]) == 2
        and _DUPLICATE in run.handled(op[2][1])
        for op in ops
    )


def _names_duplicate(scope: Fn, register: int) -> bool:
    """Whether a variable of the module or class stands for a tuple that has the class of a duplicate."""
    op = scope.facts.ops[register]
    if op[0] != "name":
        return False
    body = scope.module.fn(0)
    bound = scope.module.facts.bindings.get(op[1])
    if bound is None or body.facts.ops[bound][0] != "build":
        return False
    return _DUPLICATE in Interpreter(body).handled(bound)


def _takes_care(decorator: Fn) -> bool:
    """Whether a decorator of the project calls what it is given under a handler of duplicates."""
    return remembered(decorator, "takes_care_of_duplicates", lambda: _wraps(decorator), False)


def _wraps(decorator: Fn) -> bool:
    found = wrapped_call(decorator)
    return found is not None and duplicate_caught(*found)


def retried_by_callers(fn: Fn) -> bool:
    """Whether every way to a function, as far as the project shows it, tries again after a duplicate, or
    catches it."""
    return kept_for_check(fn, "retried_by_callers", lambda: every_way(fn, _cares))


def _cares(caller: Fn, number: int) -> bool:
    return bool(retries(caller)) or duplicate_caught(caller, number)


def tries_again(target: Fn, fn: Fn) -> bool:
    """Whether what is called calls the caller again where it failed."""
    caught = [at for at, op in enumerate(target.facts.ops) if op[0] == "caught"]
    return bool(caught) and any(
        fn in call.targets and number > caught[0] for number, call in link(target).calls.items()
    )
