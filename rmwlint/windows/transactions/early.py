"""Locks that guard rows and are given back while the transaction around them is still open.

Until the commit, nobody else sees what was written under the lock. Whoever takes it next reads the old rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.find import Window, common, windows
from rmwlint.windows.transactions.hazards import open_transaction
from rmwlint.windows.values import Event, Held

_ROWS = frozenset(["row", "rows"])
#: so many calls below those under the lock are looked at
_DEEPEST = 2
_MOST = 40


class Early(NamedTuple):
    """A write to rows whose lock is given back before its transaction ends.

    ``op``: the write, or the call that leads to the function ``below``, which reads and writes. ``inside``:
    that function takes the lock, too. ``window``: what the write belongs to, None where it is read elsewhere.
    """

    op: int
    write: Event
    window: Window | None
    lock: Held
    transaction: Held
    below: Fn | None
    inside: bool
    sure: int


def early(fn: Fn) -> Iterator[Early]:
    """The locks of a function, or of what it calls, that are given back before its transaction ends."""
    told: set[int] = set()
    for window, lock in _guarded(fn):
        around = _around(window.write.held, lock)
        if around is None or lock.id in told or _outlasts(fn, lock, around, window.write.op):
            continue
        told.add(lock.id)
        sure = min(window.sure, lock.sure, around.sure)
        yield Early(window.write.op, window.write, window, lock, around, None, False, sure)
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
                yield Early(number, window.write, window, lock, opened, target, True, sure)
                break
    yield from _around_calls(fn, told)


def _around_calls(fn: Fn, told: set[int]) -> Iterator[Early]:
    """The locks that a function takes in its transaction around calls of what reads and writes rows."""
    calls = link(fn).calls
    for number, held in heard(fn).at_calls.items():
        lock = next((one for one in held if _short(one) and one.id not in told and _around(held, one)), None)
        call = calls.get(number)
        if lock is None or call is None or call.cls is not None:
            continue
        around = _around(held, lock)
        written = _written_below(fn, call)
        if around is None or written is None or _outlasts(fn, lock, around, number):
            continue
        told.add(lock.id)
        write, target, certain = written
        sure = min(lock.sure, around.sure, certain, 2)
        yield Early(number, write, None, lock, around, target, False, sure)


def _written_below(fn: Fn, call: Call) -> tuple[Event, Fn, int] | None:
    """A write to a row, and where, in what a call runs, so far down, that reads rows of the kind as well and
    keeps others from neither."""
    seen = {fn}
    pending = [(call, call.sure, 0)]
    read: set[str] = set()
    written: list[tuple[Event, Fn, int]] = []
    while pending and len(seen) < _MOST:
        one, sure, depth = pending.pop(0)
        if len(one.targets) != 1 or one.cls is not None or one.targets[0] in seen or depth > _DEEPEST:
            continue
        target, sure = one.targets[0], min(sure, one.sure)
        seen.add(target)
        for event in heard(target).events:
            if event.place is None or event.place.kind not in _ROWS or event.trail:
                continue
            if event.locked:
                return None
            if event.does == "read":
                read.add(event.place.what)
            elif event.does == "write" and not any(one.kind == "lock" for one in event.held):
                written.append((event, target, min(sure, event.sure)))
        pending += [(below, sure, depth + 1) for below in link(target).calls.values()]
    return next((one for one in written if one[0].place is not None and one[0].place.what in read), None)


def _short(lock: Held) -> bool:
    """Whether something held is a lock that lasts no longer than the code says."""
    return lock.kind == "lock" and not lock.fresh and not lock.until_commit and lock.reach != "row"


def _guarded(fn: Fn) -> Iterator[tuple[Window, Held]]:
    """The windows on rows that only a lock closes, one that lasts no longer than the code says."""
    for window in windows(fn):
        read, write = window.read, window.write
        if window.guard != "lock" or read is None or write.trail or window.how == "copy":
            continue
        if write.place is None or write.place.kind not in _ROWS or _row_locked(fn, write):
            continue
        for held in common(read.held, write.held):
            if _short(held):
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


def _outlasts(fn: Fn, lock: Held, transaction: Held, written: int) -> bool:
    """Whether what was written is committed before the lock is given back."""
    events = heard(fn).events
    ops = fn.facts.ops
    if any(event.does == "commit" and event.op > written and lock in event.held for event in events):
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
