"""Where a coroutine lets other tasks run: an ``await`` only does where what is awaited may wait.

What waits for room in a queue that takes any number runs through to its end like a plain function; so does
a coroutine of the program that awaits nothing else. One that awaits nothing at all is one for the sake of
others that do: it tells nothing.
"""

from __future__ import annotations

from rmwlint.program.calling import kept_for_check, rest_on
from rmwlint.program.dispatch import subclasses
from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard

#: callees of callees are followed so far down
_DEEPEST = 4
#: what is waited for where a queue has a limit
_ROOM = "room"
#: operations with which a coroutine may wait
_WAITING = frozenset(["yield", "yieldfrom"])


def switches_of(fn: Fn) -> tuple[int, ...]:
    """The operations of a function at which other tasks may run."""
    return kept_for_check(fn, "switches", lambda: _switches(fn))


def _switches(fn: Fn) -> tuple[int, ...]:
    ops = fn.facts.ops
    found = [event.op for event in heard(fn).events if event.does == "switch"]
    return tuple(number for number in found if ops[number][0] != "await" or not _at_once(fn, ops[number][1]))


def _at_once(fn: Fn, register: int, depth: int = _DEEPEST) -> bool:
    """Whether what is awaited comes to its end without waiting."""
    call = link(fn).calls.get(register)
    if call is None:
        return False
    if not call.targets:
        return _has_room(fn, call)
    return depth > 0 and all(_runs_through(target, fn, depth - 1) for target in call.targets)


def _runs_through(fn: Fn, near: Fn, depth: int) -> bool:
    """Whether a coroutine, and those that stand in for it in derived classes, never wait."""
    program = fn.module.program
    rest_on(near.module.path, fn.module.path, program)
    name, owner = fn.facts.name, fn.owner
    kinds = [fn]
    if owner is not None:
        for derived in subclasses(owner, near.module.path):
            method = derived.method(name)
            if method is not None and method not in kinds:
                rest_on(near.module.path, method.module.path, program)
                kinds.append(method)
    return all(_never_waits(one, depth) for one in kinds)


def _never_waits(fn: Fn, depth: int) -> bool:
    facts = fn.facts
    if not facts.is_async or facts.decorators or all(op[0] != "await" for op in facts.ops):
        return False
    return all(
        op[0] not in _WAITING
        and (op[0] != "enter" or not op[2])
        and (op[0] != "await" or _at_once(fn, op[1], depth))
        for op in facts.ops
    )


def _has_room(fn: Fn, call: Call) -> bool:
    """Whether a call waits for room only, and none of the queues that the module makes has a limit."""
    if call.rtype is None or not any(row.does == "wait" and row.kind == _ROOM for row in call.rows):
        return False
    libraries = fn.module.program.libraries
    made = [
        one.facts.ops[number]
        for one in fn.module.functions()
        for number, other in link(one).calls.items()
        if other.qualified and libraries.type_of_class(other.qualified) == call.rtype.name
    ]
    return bool(made) and not any(op[2] or op[3] for op in made)


__all__ = ["switches_of"]
