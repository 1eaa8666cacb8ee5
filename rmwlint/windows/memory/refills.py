"""Containers that are emptied and filled again in place, where others look at them meanwhile.

``self.names = []`` and then a loop that appends to ``self.names``: whoever reads it before the loop is done
sees nothing, or half of it. It is told by the shape of the operations, so that no reader need be interpreted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.program.calling import handed_over
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.green import undisturbed
from rmwlint.windows.concurrency.phases import ALONE, configures, prepared, prepares
from rmwlint.windows.concurrency.quiet import shared_memory
from rmwlint.windows.flow import in_loop, reaches
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.interpreter.opaque import mutates
from rmwlint.windows.memory.meeting import nobody_meets
from rmwlint.windows.memory.shared import TAKES, sharing
from rmwlint.windows.values import Held, Symbol

#: a place by its kind and name: an attribute of self, or a variable of the module
NamedPlace = tuple[str, str]


class Refill(NamedTuple):
    """``emptied`` and ``filled``: operations of the function; ``look``: one of the ``reader``'s.
    ``text``: the place as written. ``sure``: how sure it is that others run at the same time."""

    text: str
    emptied: int
    filled: int
    reader: Fn
    look: int
    sure: int


def refills(fn: Fn) -> Iterator[Refill]:
    """Places that the function empties and then fills bit by bit, each with a function that reads it."""
    if fn.index == 0 or fn.facts.name in ALONE or fn.facts.is_async or shared_memory(fn) == (False, False):
        return
    told: set[NamedPlace] = set()
    emptied = [(op, place) for op, place in emptied_in(fn) if not fn.facts.is_generator]
    if not emptied:
        return
    fills = list(filled_in(fn))
    for op, place in emptied:
        later = [number for number, other in fills if other == place and reaches(fn, op, number)]
        filled = next((number for number in later if in_loop(fn, number) and not in_loop(fn, op)), None)
        if filled is None and len(later) > 1 and reaches(fn, later[0], later[-1]):
            filled = later[-1]
        if filled is None or place in told or locked_at(fn, op) or locked_at(fn, filled):
            continue
        symbol = symbol_of(fn, place)
        sure = sharing(fn, symbol)
        if not sure or _only_prepares(fn):
            continue
        if prepared(fn):  # by constructors, say
            sure = 1
        readers = list(_readers(fn, place))
        # where coroutines alone read it, it is at home in the thread of their loop, and so is who fills it
        found = next((one for one in readers if not one[0].facts.is_async), None)
        if configures(fn) or (found is None and not handed_over(fn)):
            sure = 1
        if sure > 1 and undisturbed(fn, op, max(filled, later[-1], _loop_end(fn, filled))):
            sure = 1
        found = found or next(iter(readers), None)
        if sure > 1 and nobody_meets((fn, *(reader for reader, _ in readers)), symbol, torn=True):
            sure = 1
        if found is not None and not locked_by_callers(fn):
            told.add(place)
            text = f"self.{place[1]}" if place[0] == "attr" else place[1]
            yield Refill(text, op, filled, found[0], found[1], sure)


def _loop_end(fn: Fn, op: int) -> int:
    """The last operation that may run before an operation runs again; the operation where it does not."""
    return max((number for number in range(op, len(fn.facts.ops)) if reaches(fn, number, op)), default=op)


def symbol_of(fn: Fn, place: NamedPlace) -> Symbol:
    """What a value that is loaded from the place in the function is known by."""
    if place[0] == "global":
        return ("global", f"{fn.module.name}.{place[1]}")
    return ("attr", ("param", 0), place[1])


def _place(fn: Fn, register: int) -> NamedPlace | None:
    """The attribute of self, or the module's variable, that a register was loaded from."""
    op = fn.facts.ops[register]
    if op[0] == "attr" and fn.is_self(op[1]):
        return ("attr", op[2])
    if op[0] == "name" and op[1] not in fn.facts.locals and op[1] in fn.module.facts.bindings:
        return ("global", op[1])
    return None


def emptied_in(fn: Fn) -> Iterator[tuple[int, NamedPlace]]:
    """The operations of a function that empty a place, or put an empty container there."""
    for number, op in enumerate(fn.facts.ops):
        if op[0] == "setattr" and fn.is_self(op[1]) and _empty(fn, fn.facts.ops[op[3]]):
            yield number, ("attr", op[2])
        elif op[0] == "store" and op[1] in fn.facts.global_names and _empty(fn, fn.facts.ops[op[2]]):
            yield number, ("global", op[1])
        elif op[0] == "delitem" and _all_of_it(fn, fn.facts.ops[op[2]]):
            place = _place(fn, op[1])
            if place is not None:
                yield number, place
        elif op[0] == "call" and fn.facts.ops[op[1]][0] == "attr" and fn.facts.ops[op[1]][2] == "clear":
            place = _place(fn, fn.facts.ops[op[1]][1])
            if place is not None:
                yield number, place


def _all_of_it(fn: Fn, key: Op) -> bool:
    """Whether a key is a slice of all: ``[:]``."""
    return key[:2] == ("build", "slice") and all(fn.facts.ops[part] == ("const", None) for part in key[2])


def _empty(fn: Fn, value: Op) -> bool:
    if value[0] == "build":
        return value[1] != "tuple" and not value[2]
    if value[0] == "dict":
        return not value[1]
    return (
        value[0] == "call"
        and fn.facts.ops[value[1]] in (("name", "dict"), ("name", "list"), ("name", "set"))
        and not value[2]
        and not value[3]
    )


def filled_in(fn: Fn) -> Iterator[tuple[int, NamedPlace]]:
    """The operations of a function that put something into the container in a place."""
    for number, op in enumerate(fn.facts.ops):
        register = _changed(fn, op)
        if register is not None and op[0] != "delitem":
            callee = fn.facts.ops[op[1]]
            if op[0] == "setitem" or callee[2] not in TAKES:
                place = _place(fn, register)
                if place is not None:
                    yield number, place


def _changed(fn: Fn, op: Op) -> int | None:
    """The container that an operation changes in place."""
    if op[0] in ("setitem", "delitem"):
        return int(op[1])
    if op[0] == "call":
        callee = fn.facts.ops[op[1]]
        if callee[0] == "attr" and mutates(fn.module.program.libraries, callee[2]):
            return int(callee[1])
    return None


def locked_at(fn: Fn, number: int) -> bool:
    """Whether the function holds a lock at an operation, a call or one that an event tells of."""
    return any(one.kind == "lock" for one in held_at(fn, number))


def held_at(fn: Fn, number: int) -> tuple[Held, ...]:
    """What the function holds at an operation, a call or one that an event tells of."""
    result = analysis(fn)
    held = result.at_calls.get(number)
    if held is None:
        held = next((event.held for event in result.events if event.op == number), ())
    return held


def _only_prepares(fn: Fn) -> bool:
    """Whether all who call the method, as far as the class shows, do so before the object is shown."""
    if not fn.facts.name.startswith("_"):
        return False
    callers = [other for other in users_around(fn) if other is not fn and fn.facts.name in other.facts.names]
    return bool(callers) and all(other.facts.name in ALONE or prepares(other) for other in callers)


def users_around(fn: Fn) -> Iterator[Fn]:
    """The functions that can use the same place: methods of the class, its bases and of classes made from it
    in this module; for a function, its module's."""
    if fn.owner is None:
        yield from fn.module.functions()
        return
    classes: dict[Cls, None] = dict.fromkeys(fn.owner.mro())
    for index in range(len(fn.module.facts.classes)):
        cls = fn.module.cls(index)
        if fn.owner in cls.mro():
            classes[cls] = None
    for cls in classes:
        yield from cls.own_methods()


def _readers(fn: Fn, place: NamedPlace) -> Iterator[tuple[Fn, int]]:
    """Functions, and where, that read the place and are no part of the refill. One that refills first is hit
    too, by the refill of another."""
    others = fn.module.functions() if place[0] == "global" else users_around(fn)
    for other in others:
        name = other.facts.name
        if other is fn or other.index == 0 or name in ALONE or prepares(other) or name == fn.facts.name:
            continue
        if name in fn.facts.names:
            continue
        if place[0] == "attr" and place[1] not in other.facts.names:
            continue
        if any(other in call.targets for call in link(fn).calls.values()):
            continue
        ops = other.facts.ops
        changed = {_changed(other, op) for op in ops}
        callees = {op[1] for op in ops if op[0] == "call"}
        for number in range(len(ops)):
            if _place(other, number) == place and number not in changed and number not in callees:
                yield other, number
                break
