"""Which calls give a query that asks for row locks."""

from __future__ import annotations

from typing import NamedTuple

from rmwlint.libraries.model import CallModel
from rmwlint.program.effects import row_sure
from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn


class Asked(NamedTuple):
    """Row locks are asked for: what the library model says of that, and how sure it is."""

    row: CallModel
    sure: int


def asks(call: Call) -> Asked | None:
    """The row locks that the query asks for which a call gives, by itself or by the function it calls."""
    for row in call.rows:
        if row.does == "query" and row.lock:
            return Asked(row, min(call.sure, row_sure(row.confidence)))
    if len(call.targets) == 1 and call.cls is None and not call.rows:
        given = _given_by(call.targets[0])
        if given is not None:
            return given._replace(sure=min(call.sure, given.sure))
    return None


def asking(fn: Fn) -> dict[int, Asked]:
    """The calls of a function that give queries which ask for row locks."""
    found = fn.memo.get("asking")
    if found is None:
        answers = ((number, asks(call)) for number, call in link(fn).calls.items())
        found = fn.memo["asking"] = {number: asked for number, asked in answers if asked is not None}
    return found  # type: ignore[return-value]


def _given_by(fn: Fn) -> Asked | None:
    """What a function asks for that only builds a query and returns it."""
    known = fn.memo.get("gives_locking_query", 0)
    if known == 0 and fn.module.program.libraries.locking.isdisjoint(fn.facts.names):
        return None
    if known == 0:
        fn.memo["gives_locking_query"] = None
        returned = [] if fn.facts.is_generator else [op[1] for op in fn.facts.ops if op[0] == "return"]
        found = [_chained(fn, register) for register in returned]
        known = found[0] if found and None not in found else None
        fn.memo["gives_locking_query"] = known
    return known  # type: ignore[return-value]


def _chained(fn: Fn, register: int | None) -> Asked | None:
    """The same of the value of a chain of calls: ``Seat.objects.select_for_update().filter(…)``."""
    linked = link(fn)
    while register is not None and register in linked.calls:
        call = linked.calls[register]
        found = asks(call)
        if found is not None or all(row.does != "query" for row in call.rows):
            return found
        register = call.receiver
    return None
