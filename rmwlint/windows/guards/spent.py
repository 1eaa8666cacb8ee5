"""Guards that the first of several tries takes out of the caller's dict.

``values.pop("expected_state")`` leaves nothing for the next try: a function that is called again with the
same dict, because a decorator does so where it fails, then writes without a guard.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.flow import in_loop
from rmwlint.windows.interpreter.decorators import decorated_by

#: what the key of a guard begins with
_GUARDS = ("expected_", "if_")
_DEEPEST = 2
_TAKES = "pop"


class Spent(NamedTuple):
    """``take``: the operation that takes the guard out; ``guard``: its key, or how that begins;
    ``parameter``: the caller's dict; ``again``: the function that is called again, from which the dict came
    down to here."""

    guard: str
    take: int
    parameter: str
    again: Fn


def spent_guards(fn: Fn) -> Iterator[Spent]:
    """The guards that a function takes out of a dict which a later try is given again."""
    if _TAKES not in fn.facts.names or not fn.index:
        return
    for take, name, guard in _taken(fn):
        index = next((i for i, parameter in enumerate(fn.facts.params) if parameter.name == name), None)
        again = None if index is None else _called_again(fn, index, 0)
        if again is not None:
            yield Spent(guard, take, name, again)
            return


def _taken(fn: Fn) -> Iterator[tuple[int, str, str]]:
    """(operation, parameter, key) of each guard that is taken out of a parameter which is only that."""
    ops = fn.facts.ops
    for number, op in enumerate(ops):
        if op[0] != "call" or not op[2]:
            continue
        callee = ops[op[1]]
        if callee[0] != "attr" or callee[2] != _TAKES or ops[callee[1]][0] != "name":
            continue
        key = _beginning(fn, op[2][0])
        if key.startswith(_GUARDS) and _given_only(fn, ops[callee[1]][1]):
            yield number, ops[callee[1]][1], key


def _beginning(fn: Fn, register: int) -> str:
    """A string as far as it is constant: ``"expected_%s" % name`` begins with ``expected_``."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "name":
        stored = [other[2] for other in ops if other[0] == "store" and other[1] == op[1]]
        return _beginning(fn, stored[0]) if len(stored) == 1 and stored[0] < register else ""
    if op[0] == "const" and isinstance(op[1], str):
        return op[1]
    if op[0] == "binop" and op[1] in ("%", "+"):
        return _beginning(fn, op[2]).partition("%")[0] + "…"
    if op[0] == "build" and op[1] == "fstring" and op[2]:
        return _beginning(fn, op[2][0]) + "…"
    return ""


def _given_only(fn: Fn, name: str) -> bool:
    """Whether a name stands for the argument throughout, and never for a copy of it."""
    if all(parameter.name != name for parameter in fn.facts.params):
        return False
    return [op[1] for op in fn.facts.ops if op[0] == "store"].count(name) == 1


def _called_again(fn: Fn, index: int, depth: int) -> Fn | None:
    """The function that is called again with the dict that this one is given as parameter ``index``."""
    if _tried_again(fn):
        return fn
    if depth >= _DEEPEST:
        return None
    for caller in fn.module.functions():
        if caller is fn or fn.facts.name not in caller.facts.names:
            continue
        for number, call in link(caller).calls.items():
            if fn in call.targets:
                passed = _passed_on(fn, index, caller, number)
                found = None if passed is None else _called_again(caller, passed, depth + 1)
                if found is not None:
                    return found
    return None


def _passed_on(fn: Fn, index: int, caller: Fn, number: int) -> int | None:
    """The parameter of the caller that is handed on as parameter ``index``, where nothing else is."""
    ops = caller.facts.ops
    op = ops[number]
    shift = 1 if fn.first_is_self and ops[op[1]][0] == "attr" else 0
    given = op[2][index - shift] if 0 <= index - shift < len(op[2]) else None
    wanted = fn.facts.params[index].name
    given = next((register for keyword, register in op[3] if keyword == wanted), given)
    if given is None or ops[given][0] != "name" or not _given_only(caller, ops[given][1]):
        return None
    names = [parameter.name for parameter in caller.facts.params]
    return names.index(ops[given][1]) if ops[given][1] in names else None


def _tried_again(fn: Fn) -> bool:
    """Whether a decorator calls the function again where it fails, with the arguments of the first time."""
    found = fn.memo.get("tried_again")
    if found is None:
        found = fn.memo["tried_again"] = any(
            any(row.does == "retry" for row in rows) or any(map(_repeats, targets))
            for rows, targets in decorated_by(fn)
        )
    return bool(found)


def _repeats(decorator: Fn) -> bool:
    """Whether a decorator of the program calls what it is given in a loop, or is made of one that does."""
    calls = link(decorator).calls
    for op in decorator.facts.ops:
        if op[0] == "return" and op[1] is not None and op[1] in calls:
            if any(row.does == "retry" for row in calls[op[1]].rows):
                return True
    params = {parameter.name for parameter in decorator.facts.params}
    pending = [decorator]
    while pending:
        fn = pending.pop()
        for op in fn.facts.ops:
            if op[0] == "def":
                inner = fn.module.fn(op[2])
                if any(_calls_given(inner, number, params) for number in range(len(inner.facts.ops))):
                    return True
                params |= {parameter.name for parameter in inner.facts.params if parameter.kind == "any"}
                pending.append(inner)
    return False


def _calls_given(fn: Fn, number: int, params: set[str]) -> bool:
    """Whether an operation calls one of ``params`` in a loop, with the arguments that ``fn`` was given."""
    ops = fn.facts.ops
    op = ops[number]
    if op[0] != "call" or ops[op[1]][0] != "name" or not in_loop(fn, number):
        return False
    if ops[op[1]][1] not in params or ops[op[1]][1] in fn.facts.locals:
        return False
    given = [ops[register] for register in (*op[2], *(register for _, register in op[3]))]
    names = [one if one[0] == "name" else ops[one[1]] for one in given if one[0] in ("name", "star")]
    return bool(names) and all(one[0] == "name" and _given_only(fn, one[1]) for one in names)
