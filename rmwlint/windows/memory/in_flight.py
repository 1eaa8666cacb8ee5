"""Entries that one task at a time works on: whoever begins notes the key, and who finds it noted goes away.

    if key in self.busy:
        return
    self.busy.add(key)
    try:
        await self.refresh(key)
    finally:
        self.busy.discard(key)

Only where nothing is awaited between the look and the note, and for what is kept under that key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rmwlint.program.calling import Calling, argument, callings
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.find import Window
from rmwlint.windows.flow import reaches

_NOTES = frozenset(["add", "append"])
_TAKES_BACK = frozenset(["discard", "remove", "pop"])


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
    params = [index for index, parameter in enumerate(fn.facts.params) if parameter.name in names]
    if len(params) < len(names) or not fn.facts.name.startswith("_"):
        return False
    called, all_known = callings(fn)
    return bool(called) and all_known and all(_given_noted(fn, params, calling) for calling in called)


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


def _noted(fn: Fn, number: int) -> Iterator[frozenset[str]]:
    """The variables in each key that a coroutine has noted for the time of an operation."""
    ops = fn.facts.ops
    if not fn.facts.is_async:
        return
    switches = [event.op for event in heard(fn).events if event.does == "switch"]
    for _, last, successors, _ in fn.facts.blocks:
        branch = last - 1
        if branch < 0 or branch >= number or ops[branch][0] != "branch" or len(successors) != 2:
            continue
        asked = ops[ops[branch][1]]
        if asked[0] != "compare" or asked[1] not in (("in",), ("not in",)):
            continue
        there, absent = successors if asked[1] == ("in",) else successors[::-1]
        first = fn.facts.blocks[there][0]
        if there != absent and (first == number or reaches(fn, first, number)):
            continue
        key, table = (_written(fn, register) for register in asked[2])
        if key is None or table is None:
            continue
        note = _call_on(fn, table, key, _NOTES, branch, number)
        if note is None or any(branch < switch < note for switch in switches):
            continue
        if _call_on(fn, table, key, _TAKES_BACK, number, len(ops)) is not None:
            yield _names(fn, asked[2][0])


def _call_on(fn: Fn, table: Any, key: Any, methods: frozenset[str], start: int, end: int) -> int | None:
    """The first call of one of these methods of a table with a key, between two operations."""
    ops = fn.facts.ops
    for number in range(start + 1, end):
        op = ops[number]
        if op[0] != "call" or not op[2] or ops[op[1]][0] != "attr" or ops[op[1]][2] not in methods:
            continue
        if _written(fn, ops[op[1]][1]) == table and _written(fn, op[2][0]) == key:
            return number
    return None


__all__ = ["in_flight"]
