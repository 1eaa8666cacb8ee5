"""Looks that ask whether something is there, and what is done because of what they have found."""

from __future__ import annotations

from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.interpreter.presence import found_there
from rmwlint.windows.values import Dep, Event


def presence_looks(fn: Fn) -> dict[int, Event]:
    """The looks of a function itself that ask whether something is there, by their operations."""
    return {
        event.op: event
        for event in heard(fn).events
        if event.does == "test" and event.row is not None and event.row.kind == "presence" and not event.trail
    }


def decided_by(fn: Fn, event: Event, looks: dict[int, Event], there: bool) -> tuple[Dep, int, bool] | None:
    """The decision by which an event happens because one of the looks has found its place there, or not
    there: the dependence on the look, the branch, and its outcome. None where no look decides that."""
    for dep, branch, outcome in event.control:
        look = looks.get(dep[0])
        if look is None or look.place is None or event.place is None:
            continue
        if (
            look.place.symbol == event.place.symbol
            and found_there(fn.facts, branch, outcome, look.op) is there
        ):
            return dep, branch, outcome
    return None
