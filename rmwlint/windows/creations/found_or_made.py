"""A row that is made where none was found, and kept further down together with one that was.

``tag = find(name)``, ``if tag is None: tag = Tag(name)``, and then ``tag.used = True`` and ``tag.save()`` for
both: what was found is changed there, and what was not is created. Which of the two it is the look decides,
as if the row were kept where it is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.facts.operands import last_store
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.flow import reaches
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.values import Event, Symbol

_KEEPS = frozenset(["create", "write"])


def found_or_made(fn: Fn, events: list[Event]) -> Iterator[Event]:
    """The saves of what a name holds that a query has found or that is made here instead, each as a creation
    of the latter: the first that comes to it, where none keeps it at once."""
    control = analysis(fn).control_at
    kept = {event.place.symbol for event in events if event.place is not None and event.does in _KEEPS}
    for event in events:
        place = event.place
        if place is None or place.kind != "row" or event.fresh or not _keeps(event):
            continue
        for made in _made_instead(fn, event.op, place.symbol):
            if ("new", made) in kept:
                continue
            kept.add(("new", made))
            yield event._replace(
                does="create",
                place=place._replace(symbol=("new", made)),
                control=control.get(made, frozenset()),
                fresh=True,
            )


def _keeps(event: Event) -> bool:
    """Whether an event keeps a whole row, be it new or not."""
    row = event.row
    if row is None or row.each:
        return False
    if event.does == "create":
        return (row.at or "").startswith("arg")
    return event.does == "write" and row.does == "write" and event.whole


def _made_instead(fn: Fn, save: int, found: Symbol) -> Iterator[int]:
    """The calls that make a row for a name that is saved, where it holds what was found otherwise."""
    if not isinstance(found, tuple) or found[0] not in ("row", "query"):
        return
    ops = fn.facts.ops
    op = ops[save]
    if op[0] != "call":
        return
    callee = ops[op[1]]
    for register in (callee[1] if callee[0] == "attr" else op[1], *op[2]):
        given = ops[register]
        if given[0] != "name":
            continue
        stores = [at for at in range(save) if ops[at][:2] == ("store", given[1]) and reaches(fn, at, save)]
        values = [value for at in stores for value in _values(fn, ops[at][2])]
        if found[1] in values:
            yield from (value for value in values if value != found[1] and _makes(fn, value))


def _values(fn: Fn, register: int) -> Iterator[int]:
    """The registers whose values a register may hold: both sides of a choice."""
    ops = fn.facts.ops
    op = ops[register]
    at = last_store(ops, op[1], register) if op[0] == "name" else -1
    if op[0] == "await" or at >= 0:
        yield from _values(fn, ops[at][2] if at >= 0 else op[1])
    elif op[0] == "bool":
        for part in op[2]:
            yield from _values(fn, part)
    elif op[0] == "choose":
        for part in op[2:4]:
            yield from _values(fn, part)
    else:
        yield register


def _makes(fn: Fn, register: int) -> bool:
    call = link(fn).calls.get(register)
    return call is not None and call.cls is not None and call.cls.row() is not None
