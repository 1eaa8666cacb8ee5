"""Containers that are worked through, waiting, and then emptied: what was added meanwhile is dropped.

``for item in list(self.items): await send(item)`` and then ``self.items.clear()``: an item that another task
adds while this one waits is never sent. The same of threads, where what is called in between waits for
somebody else: between two plain operations hardly anybody comes. Told by the shape of the operations, and by
who else puts something into the place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.operands import made_of, numbers_in
from rmwlint.program.effects import set_off
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.phases import ALONE, ends, prepares
from rmwlint.windows.concurrency.quiet import heard, shared_memory
from rmwlint.windows.concurrency.suspends import switches_of
from rmwlint.windows.find import common
from rmwlint.windows.flow import in_loop, reaches
from rmwlint.windows.memory.meeting import nobody_meets
from rmwlint.windows.memory.refills import (
    NamedPlace,
    emptied_in,
    filled_in,
    held_at,
    locked_at,
    symbol_of,
    users_around,
)
from rmwlint.windows.memory.shared import sharing
from rmwlint.windows.values import Held

#: what gives a view of a container, or goes over it as it is
_LIVE = frozenset(["items", "values", "keys", "enumerate", "iter", "reversed", "zip"])
#: what takes its time
_SLOW = frozenset(["backend", "wait"])


class Drain(NamedTuple):
    """``read``: the load of what is worked through, ``switch``: where others run, ``emptied``: where what is
    there is dropped; operations of the function. ``adder`` and ``added``: who puts something in, and where.
    ``ends``: the function ends the use of the object. ``sure``: how sure it is that others run meanwhile."""

    text: str
    read: int
    switch: int
    emptied: int
    adder: Fn
    added: int
    ends: bool
    sure: int


def drains(fn: Fn) -> Iterator[Drain]:
    """The places that an async function works through and then empties, with an await in between."""
    if not fn.facts.is_async or fn.facts.name in ALONE or shared_memory(fn) == (False, False):
        return
    emptied = list(emptied_in(fn))
    if not emptied:
        return
    events = heard(fn).events
    switches = [event.op for event in events if event.does == "switch"]
    told: set[NamedPlace] = set()
    for op, place in emptied if switches else ():
        if place in told:
            continue
        symbol = symbol_of(fn, place)
        earlier = [other for other, same in emptied if same == place and other < op]
        for load in events:
            if load.does != "load" or load.place is None or load.place.symbol != symbol:
                continue
            if locked_at(fn, load.op) or not _worked_through(fn, load.op, _awaited(fn)):
                continue
            between = [number for number in switches if _between(fn, load.op, number, op)]
            if not between or any(reaches(fn, other, op) for other in earlier):
                continue
            waiting = [number for number in between if number in switches_of(fn)]
            switch = (waiting or between)[0]
            sure = sharing(fn, symbol) if waiting else min(1, sharing(fn, symbol))
            closed = _closed(fn, load.op)
            adder = next(_adders(fn, place, closed), None) if sure else None
            if adder is not None and not locked_at(fn, op) and not locked_by_callers(fn):
                told.add(place)
                yield Drain(load.place.text, load.op, switch, op, *adder, ends(fn), sure)
                break


def drains_of_threads(fn: Fn) -> Iterator[Drain]:
    """The places that a function of threads works through and then empties, and calls in between what waits
    for somebody else."""
    if fn.facts.is_async or fn.facts.is_generator or fn.index == 0 or fn.facts.name in ALONE:
        return
    if shared_memory(fn) == (False, False):
        return
    emptied = list(emptied_in(fn))
    slow = _slow(fn) if emptied else frozenset[int]()
    told: set[NamedPlace] = set()
    for op, place in emptied if slow else ():
        symbol = symbol_of(fn, place)
        sure = sharing(fn, symbol)
        if place in told or not sure:
            continue
        earlier = [other for other, same in emptied if same == place and other < op]
        for load in heard(fn).events:
            if load.does != "load" or load.place is None or load.place.symbol != symbol:
                continue
            between = sorted(number for number in slow if _between(fn, load.op, number, op))
            if not between or any(reaches(fn, other, op) for other in earlier):
                continue
            if not _worked_through(fn, load.op, slow):
                continue
            locks = [held for held in common(load.held, held_at(fn, op)) if held.kind == "lock"]
            if not locks and locked_by_callers(fn):
                continue
            closed = _closed(fn, load.op)
            adder = next((one for one in _adders(fn, place, closed) if not _kept_out(*one, locks)), None)
            if adder is None:
                continue
            if sure > 1 and nobody_meets((fn, adder[0]), symbol):
                sure = 1
            told.add(place)
            yield Drain(load.place.text, load.op, between[0], op, *adder, ends(fn), sure)
            break


def _slow(fn: Fn) -> frozenset[int]:
    """The calls of a function that wait for somebody else: a backend, a time."""
    return frozenset(
        number
        for number, call in link(fn).calls.items()
        if any(effect.kind in _SLOW and effect.sure > 1 for effect in set_off(fn, number, call))
    )


def _kept_out(adder: Fn, number: int, locks: list[Held]) -> bool:
    """Whether who adds something holds a lock that is held while the place is worked through."""
    if not locks:
        return False
    keys = {held.key for held in locks}
    return locked_by_callers(adder) or any(held.key in keys for held in held_at(adder, number))


def _awaited(fn: Fn) -> frozenset[int]:
    """The calls of a function that it awaits."""
    ops = fn.facts.ops
    return frozenset(op[1] for op in ops if op[0] == "await" and ops[op[1]][0] == "call")


def _between(fn: Fn, first: int, middle: int, last: int) -> bool:
    """Whether control can go from one operation by way of another to the last, around a loop too."""
    if not reaches(fn, first, middle) or not middle < last:
        return False
    return reaches(fn, middle, last) or (in_loop(fn, middle) and reaches(fn, first, last))


def _worked_through(fn: Fn, load: int, waits: frozenset[int]) -> bool:
    """Whether a loop goes over a copy of what is loaded, or one of the calls that wait is given it.

    A loop over the container itself comes to what is added meanwhile, or fails.
    """
    ops = fn.facts.ops
    made, copies = {load}, set[int]()
    for number in range(load + 1, len(ops)):
        op = ops[number]
        if op[0] == "loop" and op[1] in copies:
            return True
        if number in waits and op[0] == "call":
            _, _, given, named = op
            if not made.isdisjoint((*given, *(register for _, register in named))):
                return True
        if op[0] in ("call", "attr", "star", "item") and not made.isdisjoint(numbers_in(op)):
            made.add(number)
            if not copies.isdisjoint(numbers_in(op)) or (op[0] == "call" and ops[op[1]][-1] not in _LIVE):
                copies.add(number)
        elif op[0] == "store" and op[2] in made:
            names = {later for later in range(number + 1, len(ops)) if ops[later][:2] == ("name", op[1])}
            made |= names
            copies |= names if op[2] in copies else set()
    return False


def _closed(fn: Fn, load: int) -> frozenset[str]:
    """The attributes of its object that a method has given constants before it loads a place."""
    ops = fn.facts.ops
    return frozenset(
        op[2] for op in ops[:load] if op[0] == "setattr" and fn.is_self(op[1]) and ops[op[3]][0] == "const"
    )


def _turned_away(fn: Fn, number: int, closed: frozenset[str]) -> bool:
    """Whether a method goes no further, before an operation, where one of these attributes says so."""
    ops, blocks = fn.facts.ops, fn.facts.blocks
    for start, last, successors, _ in blocks:
        if last <= start or last > number or ops[last - 1][0] != "branch" or len(successors) != 2:
            continue
        asked = made_of(ops, ops[last - 1][1])
        named = any(ops[at][0] == "attr" and ops[at][2] in closed and fn.is_self(ops[at][1]) for at in asked)
        if named and not all(reaches(fn, blocks[after][0], number) for after in successors):
            return True
    return False


def _adders(fn: Fn, place: NamedPlace, closed: frozenset[str]) -> Iterator[tuple[Fn, int]]:
    """Functions, and where, that put something into the place while tasks run; not those that attributes of
    the object have closed."""
    others = fn.module.functions() if place[0] == "global" else users_around(fn)
    for other in others:
        name = other.facts.name
        if other is fn or other.index == 0 or name in ALONE or prepares(other) or name in fn.facts.names:
            continue
        for number, filled in filled_in(other):
            if filled == place and not (closed and _turned_away(other, number, closed)):
                yield other, number
                break


__all__ = ["Drain", "drains", "drains_of_threads"]
