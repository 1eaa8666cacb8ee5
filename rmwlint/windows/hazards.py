"""Hazards inside an open transaction: backend calls, messages and waits, at any depth of calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.effects import Effect, chain, effects, label
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.interpret import analysis
from rmwlint.windows.values import Event, Held


class Hazard(NamedTuple):
    """A hazard in a transaction. ``below``: the calls from here down to it, (function, effect) pairs."""

    event: Event
    transaction: Held
    label: str
    detail: str
    sure: int
    below: tuple[tuple[Fn, Effect], ...]


def hazards_in_transaction(fn: Fn, kind: str) -> Iterator[Hazard]:
    """The hazards of one kind that this function sets off while it holds a transaction open itself.

    One for each call; a call whose callee opens its own transaction around the hazard as well is reported
    in the callee only when nothing is held here.
    """
    told: set[int] = set()
    for event in analysis(fn).events:
        if event.does != kind or event.op in told:
            continue
        held = _open(event)
        if held is None:
            continue
        told.add(event.op)
        call = link(fn).calls[event.op]
        below: tuple[tuple[Fn, Effect], ...] = ()
        name = label(fn, event.op, call)
        detail = event.place.what if event.place is not None and event.place.what else ""
        if event.trail:
            target = event.trail[0][0]
            effect = effects(target)[kind]
            below = tuple(chain(target, effect))
            name, detail = effect.label, effect.detail
        sure = min(event.sure, held.sure)
        if len(below) > 3:
            sure = min(sure, 2)
        yield Hazard(event, held, name, detail, sure, below)


def _open(event: Event) -> Held | None:
    """The outermost transaction that is open at the event and may write."""
    for held in event.held:
        if held.kind == "transaction" and not held.readonly:
            return held
    return None
