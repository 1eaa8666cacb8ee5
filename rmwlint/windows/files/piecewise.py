"""Removals and moves that take more than one step, of what another function uses meanwhile.

`shutil.rmtree` removes entry by entry, and `shutil.move` copies where the two ends lie on different file
systems: whoever looks in between finds half of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.files.rewrites import ALONE, home, key_of, lasting, locked, of_handle
from rmwlint.windows.interpreter.paths import inside, private
from rmwlint.windows.values import Event

_USES = frozenset(["read"])


class Piecewise(NamedTuple):
    """``event``: the removal or move in ``actor``; ``use``: what ``user`` does with the same path."""

    actor: Fn
    event: Event
    user: Fn
    use: Event


def piecewise(functions: Sequence[Fn]) -> Iterator[Piecewise]:
    """The removals and moves in many steps, without a lock, of what another of the functions uses."""
    acts: list[tuple[str, Any, Fn, Event]] = []
    uses: dict[str, list[tuple[Any, Fn, Event]]] = {}
    for fn in functions:
        if fn.index == 0 or fn.facts.name in ALONE:
            continue
        where = home(fn)
        for event in heard(fn).events:
            if event.place is None or event.place.kind not in ("file", "directory") or event.row is None:
                continue
            if event.trail or of_handle(fn, event):
                continue
            key = key_of(fn, event.place.symbol)
            if key is None or not lasting(key):
                continue
            if event.does in _USES and "missing" not in event.caught:
                uses.setdefault(where, []).append((key, fn, event))
            elif event.row.kind == "piecewise" and not locked(event) and not private(fn, event.place.symbol):
                acts.append((where, key, fn, event))
    told: set[tuple[Fn, Any]] = set()
    for where, key, fn, event in acts:
        if (fn, key) in told or locked_by_callers(fn):
            continue
        for other, user, use in uses.get(where, ()):
            if user is fn or not (other == key or (event.does == "delete" and inside(other, key))):
                continue
            told.add((fn, key))
            yield Piecewise(fn, event, user, use)
            break
