"""Locks that guard rows and are given back while the transaction around them is still open.

Until the commit, nobody else sees what was written under the lock. Whoever takes it next reads the old rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.find import Window, common, windows
from rmwlint.windows.transactions.hazards import open_transaction
from rmwlint.windows.values import Event, Held

_ROWS = frozenset(["row", "rows"])


class Early(NamedTuple):
    """A window on rows whose lock is given back before its transaction ends.

    ``op``: the write, or the call of the function ``below`` that takes the lock, reads and writes.
    """

    op: int
    window: Window
    lock: Held
    transaction: Held
    below: Fn | None
    sure: int


def early(fn: Fn) -> Iterator[Early]:
    """The locks of a function, or of what it calls, that are given back before its transaction ends."""
    told: set[int] = set()
    for window, lock in _guarded(fn):
        around = _around(window.write.held, lock)
        if around is None or lock.id in told or _outlasts(fn, lock, around, window.write):
            continue
        told.add(lock.id)
        sure = min(window.sure, lock.sure, around.sure)
        yield Early(window.write.op, window, lock, around, None, sure)
    found = heard(fn)
    calls = link(fn).calls
    for number, held in found.at_calls.items():
        opened = open_transaction(held)
        call = calls.get(number)
        if opened is None or opened.nested or call is None or len(call.targets) != 1:
            continue
        target = call.targets[0]
        if target is fn or call.cls is not None or any(one.kind == "lock" for one in held):
            continue
        for window, lock in _guarded(target):
            if _around(window.write.held, lock) is None and _given_back(target, lock):
                sure = min(window.sure, lock.sure, opened.sure, call.sure, 2)
                yield Early(number, window, lock, opened, target, sure)
                break


def _guarded(fn: Fn) -> Iterator[tuple[Window, Held]]:
    """The windows on rows that only a lock closes, one that lasts no longer than the code says."""
    for window in windows(fn):
        read, write = window.read, window.write
        if window.guard != "lock" or read is None or write.trail or window.how == "copy":
            continue
        if write.place is None or write.place.kind not in _ROWS or _row_locked(fn, write):
            continue
        for held in common(read.held, write.held):
            if held.kind == "lock" and not held.fresh and not held.until_commit:
                yield window, held
                break


def _around(held: tuple[Held, ...], lock: Held) -> Held | None:
    """The transaction that was open before the lock was taken."""
    opened = open_transaction(held[: held.index(lock)])
    return None if opened is None or opened.nested else opened


def _row_locked(fn: Fn, write: Event) -> bool:
    """Whether rows are locked as well, until the transaction ends."""
    return any(
        event.does == "read"
        and event.locked
        and event.op <= write.op
        and any(one.kind == "transaction" for one in common(event.held, write.held))
        for event in heard(fn).events
    )


def _outlasts(fn: Fn, lock: Held, transaction: Held, write: Event) -> bool:
    """Whether what was written is committed before the lock is given back."""
    events = heard(fn).events
    ops = fn.facts.ops
    if any(event.does == "commit" and event.op > write.op and lock in event.held for event in events):
        return True
    if lock.id < 0 or ops[lock.id][0] == "enter":
        return False
    ended = [event.op for event in events if event.does == "leave" and ops[event.op][1] == transaction.id]
    back = [event.op for event in events if _gives_back(event, lock)]
    return not back or (bool(ended) and min(ended) < min(back))


def _given_back(fn: Fn, lock: Held) -> bool:
    """Whether a function gives a lock back before it returns."""
    if lock.id < 0 or fn.facts.ops[lock.id][0] == "enter":
        return True
    return any(_gives_back(event, lock) for event in heard(fn).events)


def _gives_back(event: Event, lock: Held) -> bool:
    return event.does == "unlock" and event.place is not None and event.place.symbol == lock.key
