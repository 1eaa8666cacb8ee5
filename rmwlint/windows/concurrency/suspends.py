"""Where a coroutine lets other tasks run: an ``await`` only does where what is awaited may wait.

What waits for room in a queue that takes any number runs through to its end like a plain function; so does
a coroutine of the program that awaits nothing else. One that awaits nothing at all is one for the sake of
others that do: it tells nothing, but where it does what an interface of the program leaves open.
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
#: all that stands in a coroutine that leaves open what is done
_NOTHING = frozenset(["param", "const", "name", "raise", "return"])


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
    written = [one for one in kinds if not _left_open(one)]
    return bool(written) and all(_never_waits(one, depth, len(kinds) > len(written)) for one in written)


def _left_open(fn: Fn) -> bool:
    """Whether a coroutine does nothing at all, for others to say what is done."""
    ops = fn.facts.ops
    return fn.facts.is_async and all(
        op[0] in _NOTHING or (op[0] == "store" and ops[op[2]][0] == "param") for op in ops
    )


def _never_waits(fn: Fn, depth: int, said: bool = False) -> bool:
    """``said``: it is what an interface that leaves everything open stands for."""
    facts = fn.facts
    if not facts.is_async or facts.decorators:
        return False
    if all(op[0] != "await" for op in facts.ops):
        works = any(op[0] == "setattr" for op in facts.ops)
        if not (said and works):
            return False
    return all(
        op[0] not in _WAITING
        and (op[0] != "enter" or not op[2])
        and (op[0] != "await" or _at_once(fn, op[1], depth))
        for op in facts.ops
    )


def _has_room(fn: Fn, call: Call) -> bool:
    """Whether a call waits for room only, and none of the queues that the module makes has a limit. What is
    not known, and has such a method, is taken for one of these where they are kept one for each."""
    libraries = fn.module.program.libraries
    if call.rtype is None:
        if call.receiver is None or call.rows or not _one_for_each(fn, call.receiver):
            return False
    elif not any(row.does == "wait" and row.kind == _ROOM for row in call.rows):
        return False
    made = []
    for one in fn.module.functions():
        for number, other in link(one).calls.items():
            kind = libraries.type_of_class(other.qualified) if other.qualified else None
            if kind is None or (call.rtype is not None and kind != call.rtype.name):
                continue
            if any(row.does == "wait" and row.kind == _ROOM for row in libraries.methods(kind, call.name)):
                made.append(one.facts.ops[number])
    return bool(made) and not any(op[2] or op[3] for op in made)


def _one_for_each(fn: Fn, register: int) -> bool:
    """Whether a register holds what a loop or a look-up takes out of a container, or an attribute of that."""
    ops = fn.facts.ops
    op = ops[register]
    while op[0] == "attr":
        register = op[1]
        op = ops[register]
    if op[0] == "name":
        return any(
            other[:2] == ("store", op[1]) and ops[other[2]][0] in ("element", "item", "unpack")
            for other in ops
        )
    return bool(op[0] == "item")


__all__ = ["switches_of"]
