"""A file that is found there and then read, or asked about, while somebody else removes it.

What is gone by then cannot be opened. Told where the class or module that reads it also removes that very
file: the path is built there in the same way from what outlives a call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.phases import ALONE, prepares
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.files.looked_for import decided_by, presence_looks
from rmwlint.windows.files.rewrites import asked_for, home, key_of, lasting, locked, of_handle
from rmwlint.windows.interpreter.paths import of_kernel, private, scratch
from rmwlint.windows.values import Event


class Found(NamedTuple):
    """``look``: the operation that finds the file; ``used``: what is done to it then; ``remover`` and
    ``removed``: who removes it, and where."""

    look: int
    used: Event
    remover: Fn
    removed: int


def found_used(fn: Fn) -> Iterator[Found]:
    """The first use of each file that was found there, without a handler, and that others remove."""
    if fn.index == 0 or fn.facts.name in ALONE:
        return
    events, looks = heard(fn).events, presence_looks(fn)
    told: set[Any] = set()
    for event in events if looks else ():
        key = _key(fn, event) if _uses(fn, event) else None
        if key is None or key in told:
            continue
        found = decided_by(fn, event, looks, there=True)
        if found is None or locked(event) or locked_by_callers(fn):
            continue
        told.add(key)
        for other, removed in _removals(fn, key):
            yield Found(found[0][0], event, other, removed)
            break


def _uses(fn: Fn, event: Event) -> bool:
    """Whether an event fails where the file is gone, and nothing catches that."""
    if event.row is None or event.trail or "missing" in event.caught:
        return False
    if event.does == "read":
        return not of_handle(fn, event)
    return event.does == "test" and event.row.kind == "detail"


def _key(fn: Fn, event: Event) -> Any:
    """The way in which the path is built, None where a call alone knows it, or it is nobody else's."""
    place = event.place
    if place is None or place.kind != "file":
        return None
    symbol = place.symbol
    key = key_of(fn, symbol)
    if key is None or not lasting(key) or asked_for(key):
        return None
    return None if scratch(fn, symbol) or private(fn, symbol) or of_kernel(fn, symbol) else key


def _removals(fn: Fn, key: Any) -> Iterator[tuple[Fn, int]]:
    """Where others of the class, or of the module's functions, remove the file."""
    where = home(fn)
    for other in fn.module.functions():
        if other is fn or other.index == 0 or other.facts.name in ALONE or prepares(other):
            continue
        if home(other) != where:
            continue
        for event in heard(other).events:
            if event.does == "delete" and event.place is not None and not event.trail:
                if key_of(other, event.place.symbol) == key:
                    yield other, event.op
                    break
