"""Writes that stand under a lock which nothing takes: the code says itself that they need one.

A query that asks for row locks and is never run locks nothing. Where rows that were read before are written
in the same transaction, whoever wrote it meant that lock to keep others out.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.transactions.unlocked import Unlocked, unlocked
from rmwlint.windows.values import Event, Held


def under_untaken_lock(fn: Fn) -> Iterator[tuple[Event, Unlocked]]:
    """The writes of rows known before, each with the query whose lock should have covered it."""
    asked = [lock for lock in unlocked(fn) if not lock.ends]
    if not asked:
        return
    found = heard(fn)
    told: set[int] = set()
    for event in found.events:
        if event.does != "write" or event.place is None or event.place.kind != "row":
            continue
        if event.fresh or event.trail or event.op in told or not _computed(event):
            continue
        open_now = _transactions(event.held)
        for lock in asked:
            if lock.op < event.op and open_now & _transactions(found.at_calls.get(lock.op, ())):
                told.add(event.op)
                yield event, lock
                break


def _computed(event: Event) -> bool:
    """Whether the new values are not all constants or computed by the database."""
    return not event.columns or any(value.deps or value.symbol[0] == "new" for _, value in event.columns)


def _transactions(held: tuple[Held, ...]) -> set[int]:
    return {one.id for one in held if one.kind == "transaction"}
