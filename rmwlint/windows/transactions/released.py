"""Windows whose transaction ends in their middle: what it held is given back before the write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.find import Window, common, failing, same_place, windows
from rmwlint.windows.flow import passes
from rmwlint.windows.values import Event

_ENDS = frozenset(["commit", "rollback", "close"])
_ROWS = frozenset(["row", "rows"])
_WRITES = frozenset(["write", "swap", "delta", "delete", "create"])


class Released(NamedTuple):
    """A window, and the operation in it that ends the transaction of its read.

    ``locked``: whether the read took a row lock.
    """

    window: Window
    op: int
    locked: bool
    sure: int


def released(fn: Fn) -> Iterator[Released]:
    """The windows on rows that a commit, rollback, close or the end of a ``with`` cuts in two."""
    found: dict[int, Released] = {}
    for window in windows(fn):
        read, write = window.read, window.write
        if read is None or window.how == "copy" or window.guard not in ("", "row lock"):
            continue
        if write.place is None or write.place.kind not in _ROWS or write.op <= read.op:
            continue
        end = _end(fn, read, write)
        if end is None or _locked_again(fn, write, end):
            continue
        claimed = _claimed(fn, read, end)
        if claimed and window.how == "decide":
            # what others see from then on is that somebody is at it
            continue
        weak = claimed or not read.locked or failing(fn, write)
        told = Released(window, end, read.locked, 1 if weak else window.sure)
        if write.op not in found or found[write.op].sure < told.sure:
            found[write.op] = told
    yield from found.values()


def _end(fn: Fn, read: Event, write: Event) -> int | None:
    """The operation that ends the read's transaction before the write."""
    events = [event for event in heard(fn).events if read.op < event.op < write.op]
    library = read.row.library if read.row is not None else ""
    for event in events:
        if event.does in _ENDS and passes(fn, read.op, event.op, write.op):
            if event.row is None or not library or event.row.library == library:
                return event.op
    own = [one for one in read.held if one.kind == "transaction" and not one.readonly]
    if not own or any(one.kind == "transaction" for one in common(read.held, write.held)):
        return None
    entered = {one.id for one in own}
    ops = fn.facts.ops
    for event in events:
        if event.does == "leave" and ops[event.op][1] in entered and passes(fn, read.op, event.op, write.op):
            return event.op
    return None


def _locked_again(fn: Fn, write: Event, end: int) -> bool:
    """Whether the row is read and locked once more after the end, before the write."""
    return write.again or any(
        event.does in ("read", "refresh")
        and event.locked
        and end < event.op <= write.op
        and event.place is not None
        and write.place is not None
        and (same_place(event.place, write.place) or common(event.held, write.held))
        for event in heard(fn).events
    )


def _claimed(fn: Fn, read: Event, end: int) -> bool:
    """Whether the row is written before the transaction ends, so that others can see that it is in work."""
    return any(
        event.does in _WRITES
        and read.op < event.op <= end
        and event.place is not None
        and read.place is not None
        and same_place(event.place, read.place)
        for event in heard(fn).events
    )
