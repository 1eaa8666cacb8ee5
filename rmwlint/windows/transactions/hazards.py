"""Hazards while something is held: backend calls, messages and waits, at any depth of calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.program.deferral import names_called_later, postponed, wrappers
from rmwlint.program.effects import (
    Effect,
    below,
    below_call,
    callbacks,
    chain,
    effects,
    label,
    set_off,
    through,
)
from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn
from rmwlint.program.refusing import refused
from rmwlint.windows.concurrency.quiet import heard, quiet
from rmwlint.windows.flow import fails, raises_after
from rmwlint.windows.interpreter.decorators import held_by_decorators
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.interpreter.surroundings import NUMBER
from rmwlint.windows.transactions.automatic import begun_by_itself
from rmwlint.windows.transactions.hooks import saves_itself
from rmwlint.windows.transactions.passed_on import sent_on
from rmwlint.windows.transactions.writes import given_row, may_write_around, written_before
from rmwlint.windows.values import Held

#: so many calls further down a save still does something for its own sake
_NEAR = 2


class Hazard(NamedTuple):
    """A hazard at operation ``op`` while ``held`` is held. ``below``: the calls from here down to it,
    (function, effect) pairs."""

    op: int
    held: Held
    label: str
    detail: str
    sure: int
    below: tuple[tuple[Fn, Effect], ...]


def hazards_in_transaction(fn: Fn, kind: str) -> Iterator[Hazard]:
    """The hazards of one kind that this function sets off while it holds a transaction open itself."""
    yield from hazards_under(fn, kind, open_transaction)
    if kind == "wait":
        yield from _waits_for_locks(fn)


def _waits_for_locks(fn: Fn) -> Iterator[Hazard]:
    """The locks that a function takes by ``with`` while it holds a transaction open."""
    ops = fn.facts.ops
    for event in heard(fn).events:
        if event.does != "lock" or ops[event.op][0] != "enter" or event.trail or event.place is None:
            continue
        taken = [held for held in event.held if held.kind == "lock" and held.id == event.op]
        if not taken or any(lock.fresh or lock.reach in ("row", "task") for lock in taken):
            continue
        held = open_transaction(event.held[: event.held.index(taken[0])])
        if held is not None:
            sure = 1 if _first(fn, held, event.op) else min(event.sure, held.sure, 2)
            yield Hazard(event.op, held, taken[0].text, "lock", sure, ())


def _first(fn: Fn, held: Held, number: int) -> bool:
    """Whether nothing that may send a statement runs in a transaction before an operation: a transaction that
    has done nothing yet holds nothing that others wait for."""
    ops = fn.facts.ops
    given = {parameter.name for parameter in fn.facts.params if parameter.kind == "kwargs"}
    types = link(fn).types
    for at in link(fn).calls:
        if not held.id < at < number or fails(fn, at) or ops[at][0] != "call":
            continue
        callee = ops[ops[at][1]]
        of_options = callee[0] == "attr" and ops[callee[1]][0] == "name" and ops[callee[1]][1] in given
        kind = types[ops[at][1]]
        plain = kind is not None and kind.kind == "external" and "." not in kind.name
        # what makes the lock stands before it
        if not of_options and not plain and at != ops[number][1]:
            return False
    return True


def open_transaction(held: tuple[Held, ...]) -> Held | None:
    """The outermost transaction that may write."""
    for one in held:
        if one.kind == "transaction" and not one.readonly:
            return one
    return None


def hazards_under(fn: Fn, kind: str, of: Callable[[tuple[Held, ...]], Held | None]) -> Iterator[Hazard]:
    """The hazards of one kind while this function holds what ``of`` picks, one for each call.

    A callee that holds it as well, around the same hazard, says so itself; it is told here too, since it
    lasts until the outermost is given back.
    """
    if quiet(fn):
        return
    at_calls = analysis(fn).at_calls
    handing = _handing_callbacks(fn)
    later = names_called_later(fn)
    for number, call in link(fn).calls.items():
        begun = begun_by_itself(fn, number) if of is open_transaction else None
        if number not in handing and not at_calls.get(number) and begun is None:
            continue
        held = of(at_calls.get(number, ())) or begun
        inside: Held | None = None
        if held is None:
            inside = _held_around_callbacks(fn, number, call, of)
            if inside is None:
                continue
        if later and label(fn, number, call) in later:
            continue
        effect = _worst(fn, number, call, kind, only_callbacks=held is None)
        if effect is None:
            continue
        one = told(fn, number, effect, held or inside)  # type: ignore[arg-type]
        if kind == "enqueue" and one.sure > 1 and (sent_on(fn, number) or _before_raising(fn, one)):
            one = one._replace(sure=1)
        if one.held.id != NUMBER:
            alone = kind == "enqueue" and one.sure > 1 and not may_write_around(fn, number)
            yield one._replace(sure=1) if alone else one
        elif all(open_transaction(held_by_decorators(callee)) is None for callee, _ in one.below):
            yield one if _depends(fn, one, kind) else one._replace(sure=1)


def _before_raising(fn: Fn, hazard: Hazard) -> bool:
    """Whether every way on from a hazard ends with an exception that is raised: what is sent there tells of
    the failure, and of nothing that the transaction, rolled back by it, has written."""
    on_the_way = [(fn, hazard.op), *((callee, effect.op) for callee, effect in hazard.below)]
    return any(raises_after(at, op) for at, op in on_the_way)


def _depends(fn: Fn, hazard: Hazard, kind: str) -> bool:
    """Whether a hazard in a transaction that merely surrounds everything follows a write in it.

    Before the first write such a transaction holds nothing that others wait for, or that a message needs.
    """
    if written_before(fn, hazard.op) or (kind == "enqueue" and given_row(fn, hazard.op)):
        return True
    return any(written_before(callee, effect.op) for callee, effect in hazard.below)


def hazards_of_hook(fn: Fn, kind: str, held: Held) -> Iterator[Hazard]:
    """The hazards of one kind of a function that runs while its caller holds something, one for each call.

    What saves a row itself may well be called in no transaction: what it does before it has written anything,
    or far below, counts little, and what another save does that it calls is told there.
    """
    if postponed(fn):
        return
    later = names_called_later(fn)
    saves = saves_itself(fn)
    for number, call in link(fn).calls.items():
        if later and label(fn, number, call) in later:
            continue
        effect = _worst(fn, number, call, kind)
        if effect is None:
            continue
        one = told(fn, number, effect, held)
        if saves and any(saves_itself(callee) for callee, _ in one.below):
            continue
        far = saves and (len(one.below) > _NEAR or not _saved_before(fn, number))
        yield one._replace(sure=1) if far else one
    for effect in _of_wrappers(fn):
        if effect.kind == kind:
            yield told(fn, effect.op, effect, held)
            break


def _saved_before(fn: Fn, number: int) -> bool:
    """Whether a method that saves a row has done so before an operation, or done what it stands in for."""
    ops = fn.facts.ops
    names = fn.module.program.libraries.overridden
    called = (ops[op[1]] for op in ops[:number] if op[0] == "call")
    return any(op[0] == "attr" and op[2] in names for op in called) or written_before(fn, number)


def _of_wrappers(fn: Fn) -> Iterator[Effect]:
    """What the wrappers that decorators put around ``fn`` do besides calling it."""
    for step in below(fn):
        if step.call is None and step.functions[0] in wrappers(fn):
            effects(step.functions[0])
            yield from through(fn, step)


def _worst(fn: Fn, number: int, call: Call, kind: str, *, only_callbacks: bool = False) -> Effect | None:
    best: Effect | None = None
    found = _of_callbacks(fn, number, call) if only_callbacks else set_off(fn, number, call)
    for effect in found:
        if effect.kind == kind and (best is None or _rank(effect) > _rank(best)):
            best = effect
    return best


def _rank(effect: Effect) -> tuple[int, int]:
    return (effect.sure, -effect.depth)


def _of_callbacks(fn: Fn, number: int, call: Call) -> Iterator[Effect]:
    for step in below_call(fn, number, call):
        if step.call is None:
            for target in step.functions:
                effects(target)
            yield from through(fn, step)


def _handing_callbacks(fn: Fn) -> frozenset[int]:
    """The calls that are given a function which their callee calls."""
    found = fn.memo.get("handing_callbacks")
    if found is None:
        found = fn.memo["handing_callbacks"] = frozenset(
            number
            for number, call in link(fn).calls.items()
            if any(step.call is None for step in callbacks(fn, number, call))
        )
    return found  # type: ignore[return-value]


def _held_around_callbacks(
    fn: Fn, number: int, call: Call, of: Callable[[tuple[Held, ...]], Held | None]
) -> Held | None:
    """What the callee holds while it calls a function that it is given here."""
    if number not in _handing_callbacks(fn):
        return None
    for target in call.targets:
        names = {parameter.name for parameter in target.facts.params}
        ops = target.facts.ops
        for at, held in analysis(target).at_calls.items():
            callee = ops[ops[at][1]]
            if callee[0] == "name" and callee[1] in names:
                found = of(held)
                if found is not None:
                    return found._replace(id=-1, text=target.facts.name)
    return None


def told(fn: Fn, number: int, effect: Effect, held: Held) -> Hazard:
    """What one call of ``fn`` sets off, with the calls down to it, while ``held`` is held."""
    below: tuple[tuple[Fn, Effect], ...] = ()
    if effect.via is not None:
        known = effects(effect.via).get(effect.kind, ())
        start = next(
            (one for one in known if one.label == effect.label and one.depth == effect.depth - 1), None
        )
        if start is not None:
            below = tuple(chain(effect.via, start))
    sure = min(effect.sure, held.sure)
    if len(below) > 3:
        sure = min(sure, 2)
    if held.kind == "transaction" and sure > 1 and _is_refused(fn, number, below):
        sure = 1
    return Hazard(number, held, effect.label, effect.detail, sure, below)


def _is_refused(fn: Fn, number: int, below: tuple[tuple[Fn, Effect], ...]) -> bool:
    """Whether something on the way down to a hazard refuses to run in a transaction, and none of those above
    it sees to it that it is let through."""
    calls = [(fn, number), *((callee, effect.op) for callee, effect in below)]
    for depth, (caller, op) in enumerate(calls):
        # a wrapper's way on to what it wraps is no call
        found = refused(caller, op) if op in link(caller).calls else None
        if found is not None and not any(_sets(above, found.unless) for above, _ in calls[: depth + 1]):
            return True
    return False


def _sets(fn: Fn, names: frozenset[str]) -> bool:
    """Whether a function stores one of those attributes, or has ``setattr`` do it."""
    ops = fn.facts.ops
    return bool(names) and any(
        op[2] in names
        if op[0] == "setattr"
        else op[0] == "call" and ops[op[1]] == ("name", "setattr") and _names_one(fn, op, names)
        for op in ops
    )


def _names_one(fn: Fn, call: Op, names: frozenset[str]) -> bool:
    """Whether the second argument of a call is one of these names, as a constant."""
    given = fn.facts.ops[call[2][1]] if len(call[2]) > 1 else ("pass",)
    return given[0] == "const" and given[1] in names


__all__ = ["Hazard", "hazards_in_transaction", "hazards_of_hook", "hazards_under", "open_transaction", "told"]
