"""Entries that one task at a time works on: whoever begins notes the key, and who finds it noted goes away.

    if key in self.busy:
        return
    self.busy.add(key)
    try:
        await self.refresh(key)
    finally:
        self.busy.discard(key)

Only where nothing is awaited between the look and the note, and for what is kept under that key. A flag of
the object (``if self.connecting: return``; ``self.connecting = True``) does the same for all that it has. And
where one task alone puts entries in, over and over, while others only take some out, none of its own is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rmwlint.facts.model import Op
from rmwlint.program.calling import Calling, argument, call_sites, callings, handed_over
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.find import Window
from rmwlint.windows.flow import in_loop, reaches
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.values import Event, own_attribute

_NOTES = frozenset(["add", "append"])
_TAKES_BACK = frozenset(["discard", "remove", "pop"])
_TAKES_OUT = frozenset(["discard", "remove", "pop", "popitem", "clear", "popleft"])


def in_flight(fn: Fn, window: Window) -> bool:
    """Whether only one task at a time comes to the entry that a coroutine's window is about."""
    read, write = window.read, window.write
    if not fn.facts.is_async or read is None or write.trail:
        return False
    op = fn.facts.ops[write.op]
    names = _names(fn, op[2]) if op[0] == "setitem" else frozenset()
    if not names:
        return False
    if any(names <= noted for noted in _noted(fn, read.op)):
        return True
    if any(names <= noted for noted in _noted(fn, write.op, read.op)):
        return True
    params = [index for index, parameter in enumerate(fn.facts.params) if parameter.name in names]
    if len(params) < len(names) or not fn.facts.name.startswith("_"):
        return False
    called, all_known = callings(fn)
    return bool(called) and all_known and all(_given_noted(fn, params, calling) for calling in called)


def flagged(fn: Fn, window: Window) -> bool:
    """Whether a coroutine goes away where a flag of its object is set, and sets it before it lets others run,
    for as long as the window is open."""
    read, write = window.read, window.write
    if not fn.facts.is_async or read is None:
        return False
    ops, blocks = fn.facts.ops, fn.facts.blocks
    switches = [event.op for event in heard(fn).events if event.does == "switch"]
    for number, op in enumerate(ops):
        if op[0] != "setattr" or ops[op[3]] != ("const", True) or not fn.is_self(op[1]) or number > write.op:
            continue
        back = any(
            other[0] == "setattr" and other[2] == op[2] and ops[other[3]] == ("const", False) for other in ops
        )
        for _, last, successors, _ in blocks:
            branch = last - 1
            if not back or branch >= number or ops[branch][0] != "branch" or len(successors) != 2:
                continue
            starts = [blocks[successor][0] for successor in successors]
            away = [start for start in starts if start != write.op and not reaches(fn, start, write.op)]
            if len(away) != 1 or any(branch < one < number and reaches(fn, one, number) for one in switches):
                continue
            looked = min(read.op, branch)
            if _asks(fn, ops[branch][1], op[2]) and not any(looked < one < branch for one in switches):
                return True
    return False


def _asks(fn: Fn, register: int, attribute: str) -> bool:
    """Whether a condition is met where an attribute of the object is true."""
    op = fn.facts.ops[register]
    if op[0] == "bool" and op[1] == "or":
        return any(_asks(fn, part, attribute) for part in op[2])
    return bool(op[0] == "attr" and op[2] == attribute and fn.is_self(op[1]))


def puts_alone(fn: Fn, store: Event) -> bool:
    """Whether a loop of a coroutine that is started once puts entries into a container of its object, out of
    which all others only take some."""
    if not fn.facts.is_async or store.place is None or fn.facts.ops[store.op][0] != "setitem":
        return False
    name = own_attribute(store.place.symbol)
    if name is None or not in_loop(fn, store.op) or len(call_sites(fn)) + len(handed_over(fn)) > 1:
        return False
    owner = method_around(fn).owner
    for other in fn.module.functions():
        if other is fn or name not in other.facts.names or method_around(other).owner is not owner:
            continue
        if other.facts.name == "__init__":
            continue
        stores = [event for event in analysis(other).events if event.does == "store"]
        for event in stores:
            if event.place is not None and own_attribute(event.place.symbol) == name:
                if not _takes_out(other, event):
                    return False
    return True


def _takes_out(fn: Fn, event: Event) -> bool:
    ops = fn.facts.ops
    op = ops[event.op]
    if op[0] == "call" and ops[op[1]][0] == "attr":
        return ops[op[1]][2] in _TAKES_OUT
    return bool(op[0] == "delitem")


def _given_noted(fn: Fn, params: list[int], calling: Calling) -> bool:
    caller = calling.caller
    given = [argument(calling, fn, index) for index in params]
    names = [_names(caller, register) for register in given if register is not None]
    wanted = frozenset[str]().union(*names)
    whole = len(names) == len(given) and all(names)
    return whole and any(wanted <= noted for noted in _noted(caller, calling.number))


def _written(fn: Fn, register: int) -> Any:
    """How an expression of names, attributes, constants and tuples of these is written; None where it is
    made of more."""
    op = fn.facts.ops[register]
    if op[0] in ("name", "const"):
        return op
    if op[0] == "attr":
        below = _written(fn, op[1])
        return None if below is None else ("attr", below, op[2])
    if op[0] == "build" and op[1] == "tuple":
        parts = tuple(_written(fn, part) for part in op[2])
        return None if None in parts else ("tuple", *parts)
    return None


def _names(fn: Fn, register: int) -> frozenset[str]:
    """The variables that a key is made of; none where it is made of more than variables."""
    written = _written(fn, register)
    parts = written[1:] if written is not None and written[0] == "tuple" else (written,)
    if any(part is None or part[0] != "name" for part in parts):
        return frozenset()
    return frozenset(part[1] for part in parts)


def _noted(fn: Fn, number: int, look: int | None = None) -> Iterator[frozenset[str]]:
    """The variables in each key that a coroutine has noted for the time of an operation; before it lets
    others run after ``look``, where that is given."""
    ops = fn.facts.ops
    if not fn.facts.is_async:
        return
    switches = [event.op for event in heard(fn).events if event.does == "switch"]
    for _, last, successors, _ in fn.facts.blocks:
        branch = last - 1
        if branch < 0 or branch >= number or ops[branch][0] != "branch" or len(successors) != 2:
            continue
        for asked, there in _asked(fn, ops[branch][1], successors):
            first = fn.facts.blocks[there][0]
            if successors[0] != successors[1] and (first == number or reaches(fn, first, number)):
                continue
            key, table = (_written(fn, register) for register in asked[2])
            if key is None or table is None:
                continue
            note = _call_on(fn, table, key, _NOTES, branch, number)
            since = branch if look is None else min(branch, look)
            if note is None or any(since < switch < note for switch in switches):
                continue
            if _call_on(fn, table, key, _TAKES_BACK, note, len(ops)) is not None:
                yield _names(fn, asked[2][0])


def _asked(fn: Fn, register: int, ways: Sequence[int]) -> Iterator[tuple[Op, int]]:
    """The comparisons of a condition that ask if a key is in a table, each with the way that is taken where
    it is, whatever the others say."""
    op = fn.facts.ops[register]
    wanted = {"and": ("not in",), "or": ("in",)}.get(op[1]) if op[0] == "bool" else None
    for part in op[2] if wanted is not None else (register,):
        asked = fn.facts.ops[part]
        if asked[0] == "compare" and asked[1] in (("in",), ("not in",)) and wanted in (None, asked[1]):
            yield asked, ways[0] if asked[1] == ("in",) else ways[1]


def _call_on(fn: Fn, table: Any, key: Any, methods: frozenset[str], start: int, end: int) -> int | None:
    """The first call of one of these methods of a table with a key, between two operations, or what sets or
    deletes its entry."""
    ops = fn.facts.ops
    entry = "setitem" if methods is _NOTES else "delitem"
    for number in range(start + 1, end):
        op = ops[number]
        if op[0] == entry and _written(fn, op[1]) == table and _written(fn, op[2]) == key:
            return number
        if op[0] != "call" or not op[2] or ops[op[1]][0] != "attr" or ops[op[1]][2] not in methods:
            continue
        if _written(fn, ops[op[1]][1]) == table and _written(fn, op[2][0]) == key:
            return number
    return None


__all__ = ["flagged", "in_flight", "puts_alone"]
