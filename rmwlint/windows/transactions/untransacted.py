"""Row locks that are taken while no transaction is open: given back as soon as the statement is done.

Only of libraries where nothing begins a transaction by itself (``inside = "transaction"`` in their models).
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.program.calling import callings, public
from rmwlint.program.link import decorated_type, link
from rmwlint.program.premises import Premise, applied, premises
from rmwlint.program.program import Fn
from rmwlint.windows.interpreter.decorators import held_by_decorators
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.interpreter.locking_queries import asking
from rmwlint.windows.transactions.hooks import called_in_transaction
from rmwlint.windows.values import Event, Held

_DEEPEST = 4
_WRITES = frozenset(["write", "delete", "delta", "swap"])


def untransacted(fn: Fn) -> Iterator[tuple[Event, int]]:
    """The locked reads of a function outside every transaction, each with how sure that is."""
    locking = asking(fn)
    if not locking:
        return
    events = analysis(fn).events
    for event in events:
        query = event.query
        if event.does != "read" or not event.locked or query is None or query.locked is None or event.trail:
            continue
        asked = locking.get(query.locked)
        if asked is None or asked.row.inside != "transaction" or _open(event.held):
            continue
        around = _alone(fn, 0, premises(fn, event.op))
        if around == 1 and _written_in_own(event, events):
            around = 2
        sure = min(around, asked.sure, event.sure)
        if sure:
            yield event, sure


def _written_in_own(read: Event, events: list[Event]) -> bool:
    """Whether the row is written in a transaction that the function opens after it has locked the row: it
    does not count on one of its callers'."""
    return any(
        event.does in _WRITES
        and event.place is not None
        and read.place is not None
        and event.place.symbol == read.place.symbol
        and any(held.kind == "transaction" and held.id > read.op for held in event.held)
        for event in events
    )


def _open(held: tuple[Held, ...]) -> bool:
    return any(one.kind == "transaction" for one in held)


def _alone(fn: Fn, depth: int, needs: frozenset[Premise]) -> int:
    """How sure it is that nobody around a function opens a transaction; 0 where somebody does.

    ``needs``: what must be true of its parameters for the lock to be taken.
    """
    if depth > _DEEPEST or _open(held_by_decorators(fn)) or called_in_transaction(fn):
        return 0
    if _opaque_decorators(fn):
        return 1
    called = _of_callers(fn, depth, needs)
    if called is not None:
        return called
    if _from_outside(fn):
        return 2
    nested = fn.parent is not None and fn.parent.index != 0 and fn.facts.owner is None
    return 0 if nested or fn.facts.name.startswith("_") else 1


def _of_callers(fn: Fn, depth: int, needs: frozenset[Premise]) -> int | None:
    """How sure it is that a caller comes in from outside with no transaction; None where no call is known.

    Where none is known to, one that opens a transaction speaks for the others.
    """
    found: list[int] = []
    called, all_known = callings(fn)
    for caller, number, bound in called:
        left = applied(fn, needs, caller, caller.facts.ops[number], bound=bound)
        if left is None:
            continue
        held = analysis(caller).at_calls.get(number, ())
        further = premises(caller, number) | left
        found.append(0 if _open(held) else _alone(caller, depth + 1, further))
    if not found:
        return None
    if max(found) > 1 and all_known:
        return 2
    return min(*found, 1) if all_known or public(fn) else min(found)


def _opaque_decorators(fn: Fn) -> bool:
    """Whether nobody knows what one of the decorators does around the function."""
    parent = fn.parent
    if parent is None:
        return False
    linked = link(parent)
    for register in fn.facts.decorators:
        call = linked.calls.get(register)
        value = linked.types[register]
        if call is not None and (call.rows or call.targets or call.cls is not None):
            continue
        if value is not None and value.kind == "external":
            if not fn.module.program.libraries.function_meaning(value.name, {}):
                return True
        elif value is None or value.kind not in ("function", "method", "library", "member", "class"):
            return True
    return False


def _from_outside(fn: Fn) -> bool:
    """Whether a function is one that a framework or worker calls: a task, or a method given the request."""
    libraries = fn.module.program.libraries
    owner = fn.owner
    params = fn.facts.params
    if owner is not None and len(params) > 1 and fn.first_is_self:
        types = {ancestor for name in owner.library_types() for ancestor in libraries.lineage(name)}
        given = libraries.given_first(params[1].name)
        return bool(given) and any(libraries.types[name].atomic_when is not None for name in types)
    kind = decorated_type(fn.module.program, fn)
    return kind is not None and bool(libraries.any_method(kind.name, ("enqueue",)))
