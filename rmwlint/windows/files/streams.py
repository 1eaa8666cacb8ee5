"""Files that are filled chunk by chunk under their final name, where others look for them.

A download that is written to its place in a cache is there for all to see from its first byte on. The path
says by a name in it, through the library models, that it is one where others look.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.stored import made_by
from rmwlint.windows.files.rewrites import ALONE, locked, of_handle
from rmwlint.windows.flow import in_loop
from rmwlint.windows.interpreter.paths import private, scratch
from rmwlint.windows.values import Event, Symbol

COMMON = "files.Common"


class Stream(NamedTuple):
    """``opened``: where the file is opened for writing; ``filled``: where it gets a chunk."""

    opened: Event
    filled: int


def streams(fn: Fn) -> Iterator[Stream]:
    """The files that a function fills in a loop, without a lock, under the name that others know."""
    if fn.index == 0 or fn.facts.name in ALONE:
        return
    events = heard(fn).events
    for event in events:
        if event.does != "write" or event.place is None or event.place.kind != "file" or event.row is None:
            continue
        symbol = event.place.symbol
        if event.trail or event.row.columns != "content" or of_handle(fn, event) or locked(event):
            continue
        if private(fn, symbol) or scratch(fn, symbol) or not common(fn, symbol) or in_loop(fn, event.op):
            continue
        filled = next((other.op for other in events if _chunk(fn, other, event)), None)
        if filled is not None and not _replaced(events, symbol) and not locked_by_callers(fn):
            yield Stream(event, filled)


def _chunk(fn: Fn, event: Event, opened: Event) -> bool:
    return (
        event.does == "write"
        and event.op > opened.op
        and event.place is not None
        and opened.place is not None
        and event.place.symbol == opened.place.symbol
        and of_handle(fn, event)
        and in_loop(fn, event.op)
    )


def _replaced(events: list[Event], symbol: Symbol) -> bool:
    """Whether the file is put in place under another name afterwards."""
    return any(
        event.does == "delete"
        and event.place is not None
        and event.place.symbol == symbol
        and any(other.op == event.op and other.does == "replace" for other in events)
        for event in events
    )


def common(fn: Fn, symbol: Symbol) -> bool:
    """Whether a name in the path suggests a place where others look."""
    suggests = fn.module.program.libraries.receiver
    if not isinstance(symbol, tuple) or not symbol:
        return False
    if symbol[0] == "param":
        return COMMON in suggests(fn.facts.params[symbol[1]].name)
    names = [str(part).rpartition(".")[2] for part in symbol[1:] if isinstance(part, str)]
    names.append(made_by(fn, symbol).lstrip("."))
    if any(COMMON in suggests(name) for name in names if name):
        return True
    return any(common(fn, part) for part in symbol[1:] if isinstance(part, tuple))
