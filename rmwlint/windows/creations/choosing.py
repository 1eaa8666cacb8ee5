"""A value that no row has yet, chosen in Python: what is taken, what is chosen, what forbids two.

``taken = set(Lease.objects.values_list("port", flat=True))``, then ``port = next(p for p in PORTS if p not in
taken)``, ``(PORTS - taken).pop()`` or a loop that ends at the first port that is free; the port becomes a
column of one more row. Followed by the operations, also into the function that chooses and the one that says
what is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.facts.operands import last_store, returned
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.creations.creation import (
    as_called,
    guard_of_creation,
    locked_outside,
    row_class,
    tried_again,
)
from rmwlint.windows.creations.decisions import left_out_by, made_of
from rmwlint.windows.creations.unique import uniques
from rmwlint.windows.flow import leaves_loop, only_after, reaches
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.values import Event

_LOOKS = frozenset(["read", "test", "look"])
_WRITES = frozenset(["create", "write"])
#: what gives one or all of what it is given, maybe as text
_PICKS = """
    next min max iter sorted list set frozenset tuple reversed enumerate filter str int random.choice
    random.choices random.sample secrets.choice itertools.islice itertools.chain heapq.nsmallest
"""
_PICKING = frozenset(_PICKS.split())
#: what takes one out of a container
_TAKES = frozenset(["pop", "popleft"])
_EXCLUDING = frozenset(["difference"])
_FILLS = frozenset(["add", "append", "extend", "update"])
#: so many functions are followed down, and so many operations are looked at
_DEEPEST = 2
_MOST = 200


class Choice(NamedTuple):
    """A column that is given a value which no row was found to have. ``look``: of those rows. ``guard``: why
    no two get the same, empty where they can. ``unique``: the second write fails."""

    look: Event
    write: Event
    column: str
    guard: str
    unique: bool
    sure: int


class _Taken(NamedTuple):
    """What a choice leaves out: a register of ``fn``, which ``calls`` lead to, the first of them first."""

    fn: Fn
    register: int
    at: int
    calls: tuple[tuple[Fn, int], ...]


def choices(fn: Fn) -> Iterator[Choice]:
    """The free values that a function chooses for rows, guarded ones too."""
    events = heard(fn).events
    for write in events:
        if write.does not in _WRITES or write.trail or write.place is None or row_class(write) is None:
            continue
        for column, register in _given(fn, write):
            look = next(_looks(fn, write, column, register), None)
            if look is not None:
                unique = any(column in group for group in uniques(row_class(write)))  # type: ignore[arg-type]
                guard = (
                    guard_of_creation(fn, look, write, events)
                    or tried_again(fn, look, write, unique)
                    or locked_outside(fn)
                )
                yield Choice(look, write, column, guard, unique, min(look.sure, write.sure))
                break


def _given(fn: Fn, write: Event) -> Iterator[tuple[str, int]]:
    """The columns that a row is written with, each with the register of its value."""
    ops = fn.facts.ops
    op = ops[write.op]
    if op[0] != "call":
        return
    columns = {name for name, _ in write.columns}
    calls = [op]
    symbol = write.place.symbol if write.place is not None else None
    if isinstance(symbol, tuple) and symbol[:1] == ("new",) and ops[symbol[1]][0] == "call":
        calls.append(ops[symbol[1]])
    for call in calls:
        yield from (one for one in call[3] if one[0] in columns)
    callee = ops[op[1]]
    objects = [*op[2], callee[1]] if callee[0] == "attr" else op[2]
    names = {ops[register][1] for register in objects if ops[register][0] == "name"}
    for number, other in enumerate(ops[: write.op]):
        if other[0] == "setattr" and other[2] in columns and ops[other[1]][0] == "name":
            if ops[other[1]][1] in names and reaches(fn, number, write.op):
                yield other[2], other[3]


def _looks(fn: Fn, write: Event, column: str, register: int) -> Iterator[Event]:
    """The looks at rows of the class whose values of the column the chosen one is not among."""
    cls = row_class(write)
    for taken in _left_out(fn, register, write.op, ()):
        for known in _sources(taken):
            parts = made_of(known.fn, known.register, known.at)
            if not _speaks_of(known.fn, parts, column):
                continue
            # a function that makes nothing is not asked when its queries run, only of what they are
            looks = _LOOKS | {"load"} if known.calls else _LOOKS
            for event in analysis(known.fn).events:
                if event.op not in parts or event.does not in looks or event.trail:
                    continue
                kind = row_class(event)
                if kind is cls or (kind is None and _named(known.fn, parts, cls)):
                    way = (*known.calls[1:], (known.fn, event.op))
                    yield as_called(fn, known.calls[0][1], event, way) if known.calls else event


def _named(fn: Fn, parts: frozenset[int], cls: Cls | None) -> bool:
    """Whether a value is made of the class itself: of its columns, asked for alone."""
    types = link(fn).types
    return any(
        kind is not None and kind.kind == "class" and kind.ref is cls
        for kind in map(types.__getitem__, parts)
    )


def _speaks_of(fn: Fn, parts: frozenset[int], column: str) -> bool:
    """Whether the values of the column are what was taken of the rows."""
    ops = fn.facts.ops
    return any(
        (ops[part][0] == "attr" and ops[part][2] == column) or ops[part] == ("const", column)
        for part in parts
    )


def _sources(taken: _Taken) -> Iterator[_Taken]:
    """What is left out, what it was filled with, and what a function that is asked for it returns."""
    yield taken
    fn, calls = taken.fn, taken.calls
    ops = fn.facts.ops
    parts = made_of(fn, taken.register, taken.at)
    names = {ops[part][1] for part in parts if ops[part][0] == "name"}
    for number, op in enumerate(ops[: taken.at]):
        if op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] in _FILLS:
            holder = ops[ops[op[1]][1]]
            if holder[0] == "name" and holder[1] in names and number not in parts:
                yield from (_Taken(fn, register, number, calls) for register in op[2])
    if len(calls) < _DEEPEST:
        for part in parts:
            target = _target(fn, part)
            if target is not None:
                for at, register in returned(target.facts.ops):
                    yield from _sources(_Taken(target, register, at, (*calls, (fn, part))))


def _target(fn: Fn, number: int) -> Fn | None:
    """The one function of the program that a call runs."""
    if fn.facts.ops[number][0] != "call":
        return None
    call = link(fn).calls.get(number)
    return call.targets[0] if call is not None and len(call.targets) == 1 and call.cls is None else None


def _left_out(fn: Fn, register: int, at: int, calls: tuple[tuple[Fn, int], ...]) -> Iterator[_Taken]:
    """What the value of a register at an operation was chosen not to be among."""
    ops = fn.facts.ops
    seen: set[int] = set()
    pending = [register]
    while pending and len(seen) < _MOST:
        number = pending.pop()
        if number in seen:
            continue
        seen.add(number)
        op = ops[number]
        if op[0] == "name":
            for asked in _searched(fn, op[1], at):
                yield _Taken(fn, asked, number, calls)
            stored = last_store(ops, op[1], max(number, 0))
            if stored >= 0:
                pending.append(ops[stored][2])
        elif op[0] in ("element", "await", "star", "unpack", "item", "enter"):
            pending.append(op[1])
        elif op[0] == "binop":
            if op[1] == "-":
                yield _Taken(fn, op[3], number, calls)
            pending += op[2:4]
        elif op[0] in ("bool", "build"):
            pending += op[2]
        elif op[0] == "choose":
            pending += op[2:4]
        elif op[0] == "collect":
            for asked in left_out_by(fn, number):
                yield _Taken(fn, asked, number, calls)
            element = next((one for one in range(number - 1, -1, -1) if ops[one][0] == "element"), None)
            pending += [op[2]] if element is None else [op[2], ops[element][1]]
        elif op[0] == "call":
            target = _target(fn, number)
            if target is not None and len(calls) < _DEEPEST:
                for back, value in returned(target.facts.ops):
                    yield from _left_out(target, value, back, (*calls, (fn, number)))
            callee = ops[op[1]]
            if callee[0] == "attr" and callee[2] in _EXCLUDING:
                yield from (_Taken(fn, part, number, calls) for part in op[2])
            if callee[0] == "attr" and callee[2] in _TAKES:
                pending.append(callee[1])
            elif _picks(fn, number, callee):
                pending += op[2]


def _picks(fn: Fn, number: int, callee: Op) -> bool:
    call = link(fn).calls.get(number)
    name = call.qualified if call is not None and call.qualified else callee[1] if callee[0] == "name" else ""
    return str(name).removeprefix("builtins.") in _PICKING


def _searched(fn: Fn, name: str, at: int) -> Iterator[int]:
    """The collections that a loop asks whether a name is in them, where it is left for an operation only with
    one that is not: ``while port in taken: port += 1``, ``if port not in taken: return port``."""
    ops = fn.facts.ops
    loops = [number for number, op in enumerate(ops) if op[0] == "loop"]
    for branch, op in enumerate(ops):
        if op[0] != "branch" or branch > at:
            continue
        condition, free = ops[op[1]], True
        if condition[:2] == ("unary", "not"):
            condition, free = ops[condition[2]], False
        if condition[0] != "compare" or condition[1] not in (("in",), ("not in",)):
            continue
        first, second = condition[2]
        if ops[first] != ("name", name):
            continue
        outcome = (condition[1] == ("not in",)) is free
        loop = max((one for one in loops if one < branch), default=None)
        if only_after(fn, branch, outcome, at) or (
            loop is not None and leaves_loop(fn, branch, outcome, loop, at)
        ):
            yield second


__all__ = ["Choice", "choices"]
