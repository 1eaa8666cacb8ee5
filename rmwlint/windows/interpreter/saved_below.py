"""Rows that a callee saves: which of them are rows of the caller, and what that has changed of them before.

``order.state = "paid"``, and then ``keep(order)``, which calls ``order.save()``. Or
``set_state(order.pk, "paid")``, which reads the row anew by the key that it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmwlint.windows.interpreter.binding import Binding
from rmwlint.windows.values import Event, Place, Symbol

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Analysis, Interpreter

#: columns that a row is found by alone; one that nobody names is the key
_KEYS = frozenset(["pk", "id", "uuid", "?"])


def with_changes(run: Interpreter, binding: Binding, found: Analysis, event: Event, lifted: Event) -> Event:
    """The save of a row of the caller, with what the caller has changed of it before."""
    place = lifted.place
    changed = run.state.dirty.get(place.symbol) if place is not None else None
    if place is None or not changed or event.does != "write" or event.row is None or event.place is None:
        return lifted
    if event.row.columns not in ("all", "changed") or event.place.kind != "row":
        return lifted
    if any(
        other.does == "read" and other.op < event.op and other.place.symbol == event.place.symbol
        for other in found.events
        if other.place is not None
    ):
        return lifted  # read again before, and what was changed is gone
    limit = None if lifted.whole else _limit_below(binding, event)
    known = {name for name, _ in lifted.columns}
    added = {
        name: change
        for name, change in changed.items()
        if name not in known and not name.startswith("_") and (limit is None or name in limit)
    }
    columns = lifted.columns + tuple((name, value) for name, (_, value) in added.items())
    control = lifted.control
    for name in added:
        control |= (
            run.state.decided.get((lifted.place.symbol, name), frozenset()) if lifted.place else control
        )
    set_at = lifted.set_at + tuple((name, at) for name, (at, _) in added.items())
    return lifted._replace(columns=columns, set_at=set_at, control=control)


def _limit_below(binding: Binding, event: Event) -> frozenset[str] | None:
    """The columns that a callee's save is limited to, as far as the caller knows; None where it does not."""
    op = binding.target.facts.ops[event.op]
    register = dict(op[3]).get(event.row.limit or "") if op[0] == "call" and event.row is not None else None
    if register is None or event.trail:
        return None
    ops = binding.target.facts.ops
    given = ops[register]
    items: tuple[object, ...] | None = None
    if given[0] == "build":
        items = tuple(ops[part][1] if ops[part][0] == "const" else None for part in given[2])
    elif given[0] == "name":
        names = {parameter.name: index for index, parameter in enumerate(binding.target.facts.params)}
        value = binding.values.get(names.get(given[1], -1))
        items = None if value is None or value.items is None else tuple(each.const for _, each in value.items)
    if items is None or not all(isinstance(name, str) for name in items):
        return None
    return frozenset(str(name) for name in items)


def found_by(found: Analysis, place: Place) -> tuple[tuple[str, Symbol], ...]:
    """The key that a function has found a row by before it wrote to it, where it is no constant."""
    if place.kind != "row" or place.keys:
        return ()
    for read in found.events:
        if read.does == "read" and read.place is not None and read.place.symbol == place.symbol:
            keys = (key for key in read.place.keys if key[0] in _KEYS)
            return tuple(key for key in keys if key[1] is not None and key[1][:1] != ("const",))
    return ()
