"""Threads that are started before what they use is there.

``timer.start()`` and then ``self.jobs[timer] = job``: a timer that fires at once finds no such entry, and
what it would have taken out stays in for good. It is told by the shape of the operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn
from rmwlint.windows.flow import in_loop, reaches
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.interpreter.opaque import mutates
from rmwlint.windows.memory.shared import TAKES

#: the library whose threads run at once, without waiting for the starter to give way
_AT_ONCE = "threads"
_DEPTH = 2


class Started(NamedTuple):
    """``begun``: the operation that starts the thread; ``stored``: the one that puts in place what it uses;
    ``text``: the place; ``user`` and ``use``: the function that the thread runs, or one it calls, and where
    it uses the place."""

    begun: int
    stored: int
    text: str
    user: Fn
    use: int


def started_early(fn: Fn) -> Iterator[Started]:
    """The threads that a method starts before it has stored what they look for."""
    if fn.index == 0 or not fn.first_is_self or fn.owner is None:
        return
    told: set[str] = set()
    for begun, handle, target in _starts(fn):
        for stored, attribute in _stores(fn, begun, handle):
            if attribute in told or _one_hold(fn, begun, stored):
                continue
            use = next(_uses(target, attribute, _DEPTH), None)
            if use is not None:
                told.add(attribute)
                yield Started(begun, stored, f"self.{attribute}", *use)


def _starts(fn: Fn) -> Iterator[tuple[int, str, Fn]]:
    """(where a thread starts, the variable that holds it, the function that it runs)."""
    ops = fn.facts.ops
    for number, call in link(fn).calls.items():
        rows = [row for row in call.rows if row.does == "spawn" and row.library == _AT_ONCE]
        if not rows:
            continue
        target = _target(fn, number)
        if target is None:
            continue
        handle = next((op[1] for op in ops if op[0] == "store" and op[2] == number), "")
        if rows[0].gives is None or not rows[0].functions:
            yield number, handle, target
            continue
        begun = next(
            (other for other in range(number, len(ops)) if _starts_it(fn, other, number, handle)), None
        )
        if begun is not None:
            yield begun, handle, target


def _target(fn: Fn, number: int) -> Fn | None:
    op = fn.facts.ops[number]
    types = link(fn).types
    for register in (*op[2], *(register for _, register in op[3])):
        kind = types[register]
        if kind is not None and kind.kind in ("method", "function") and kind.ref.module is fn.module:
            found: Fn = kind.ref
            return found
    return None


def _starts_it(fn: Fn, number: int, made: int, handle: str) -> bool:
    ops = fn.facts.ops
    op = ops[number]
    if op[0] != "call" or ops[op[1]][0] != "attr" or ops[op[1]][2] != "start":
        return False
    receiver = ops[op[1]][1]
    if receiver == made or (handle and ops[receiver] == ("name", handle)):
        return True
    kept = [other[2] for other in ops[made:number] if other[0] == "setattr" and other[3] == made]
    return ops[receiver][0] == "attr" and ops[receiver][2] in kept


def _stores(fn: Fn, begun: int, handle: str) -> Iterator[tuple[int, str]]:
    """What is stored after the start: the thread itself; in a constructor anything for the first time."""
    ops = fn.facts.ops
    first = fn.facts.name == "__init__"
    own = ("name", fn.facts.params[0].name)
    before = {op[2] for op in ops[:begun] if op[0] == "setattr"}
    for number in range(begun + 1, len(ops)):
        op = ops[number]
        if not reaches(fn, begun, number):
            continue
        if op[0] == "setattr" and ops[op[1]] == own:
            new = first and op[2] not in before and not _defaulted(fn, op[2]) and not in_loop(fn, begun)
            if new or (handle and ops[op[3]] == ("name", handle)):
                yield number, op[2]
        elif handle:
            container, given = _put(fn, op)
            if container is not None and any(ops[register] == ("name", handle) for register in given):
                holder = ops[container]
                if holder[0] == "attr" and ops[holder[1]] == own:
                    yield number, holder[2]


def _defaulted(fn: Fn, attribute: str) -> bool:
    """Whether the class gives the attribute a value before any object is made."""
    owner = fn.owner
    return owner is not None and any(attribute in cls.facts.fields for cls in owner.mro())


def _put(fn: Fn, op: tuple[object, ...]) -> tuple[int | None, tuple[int, ...]]:
    """The container that something is put into, and what."""
    if op[0] == "setitem":
        return op[1], (op[2], op[3])  # type: ignore[return-value]
    if op[0] == "call":
        callee = fn.facts.ops[op[1]]  # type: ignore[call-overload]
        if callee[0] == "attr" and callee[2] not in TAKES and mutates(fn.module.program.libraries, callee[2]):
            return callee[1], op[2]  # type: ignore[return-value]
    return None, ()


def _one_hold(fn: Fn, begun: int, stored: int) -> bool:
    """Whether one hold of a lock goes from the start to the store: the thread can wait for it."""
    result = analysis(fn)
    at_start = {held.id for held in result.at_calls.get(begun, ()) if held.kind == "lock"}
    if not at_start:
        return False
    at_store = result.at_calls.get(stored)
    if at_store is None:
        at_store = next((event.held for event in result.events if event.op == stored), ())
    return any(held.id in at_start for held in at_store)


def _uses(fn: Fn, attribute: str, depth: int) -> Iterator[tuple[Fn, int]]:
    """Where a function, or a method that it calls, uses an attribute of its object."""
    if attribute in fn.facts.names:
        ops = fn.facts.ops
        for number, op in enumerate(ops):
            if op[0] == "attr" and op[2] == attribute and ops[op[1]][0] == "name":
                name = ops[op[1]][1]
                if name == "self" or (fn.facts.params and name == fn.facts.params[0].name):
                    yield fn, number
                    return
    if depth:
        calls: dict[int, Call] = link(fn).calls
        for call in calls.values():
            for target in call.targets:
                if target.module is fn.module and target is not fn:
                    yield from _uses(target, attribute, depth - 1)


__all__ = ["Started", "started_early"]
