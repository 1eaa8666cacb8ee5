"""Rows that came in as parameters and are used under a lock as if they had been read there.

Whoever waited for the lock holds a row from before; what the holder has meanwhile saved is not in it. The row
has to be read again under the lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.values import Event, Held, decisions

_KEYS = frozenset(["pk", "id", "uuid"])


class StaleRow(NamedTuple):
    """``write``: to the row that came in as ``parameter``, under ``held``, decided or made by what ``column``
    of it was."""

    write: Event
    parameter: str
    held: Held
    column: str


def stale_rows(fn: Fn) -> Iterator[StaleRow]:
    """The writes under a lock that this function takes, made from rows that it did not read under it."""
    if fn.index == 0:
        return
    events = heard(fn).events
    told: set[int] = set()
    for write in events:
        if write.does != "write" or write.place is None or write.place.kind not in ("row", "rows"):
            continue
        held = next((one for one in write.held if one.kind == "lock" and one.id >= 0 and not one.fresh), None)
        index = _parameter(write) if held is not None else None
        if held is None or index is None or index in told or (index == 0 and fn.first_is_self):
            continue
        column = _made_from(write, index)
        if not column or _read_again(events, write, index, held) or locked_by_callers(fn):
            continue
        told.add(index)
        yield StaleRow(write, fn.facts.params[index].name, held, column)


def _parameter(write: Event) -> int | None:
    """The parameter that is the row, or whose key picks it."""
    place = write.place
    assert place is not None
    if place.symbol[:1] == ("param",):
        return int(place.symbol[1])
    for column, symbol in place.keys:
        if column in _KEYS and isinstance(symbol, tuple) and len(symbol) == 3 and symbol[0] == "attr":
            base, name = symbol[1], symbol[2]
            if isinstance(base, tuple) and base[0] == "param" and name in _KEYS:
                return int(base[1])
    return None


def _made_from(write: Event, index: int) -> str:
    """The column of the row as it came in that the written value of the same column was made from."""
    for column, value in write.columns:
        if any(dep[0] == -1 - index and dep[1] == column for dep in value.deps):
            return column
    for dep, _, _ in decisions(write.control):
        if dep[0] == -1 - index and dep[1] is not None and dep[1] in dict(write.columns):
            return dep[1]
    return ""


def _read_again(events: list[Event], write: Event, index: int, held: Held) -> bool:
    return any(
        event.does in ("read", "refresh")
        and event.op < write.op
        and event.place is not None
        and event.place.symbol == ("param", index)
        and any(one.id == held.id for one in event.held)
        for event in events
    )
