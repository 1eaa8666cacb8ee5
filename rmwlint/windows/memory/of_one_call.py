"""What belongs to one call is kept where all calls share it, so that the next call finds it or changes it.

Three shapes. A function that stands in for another one (``@wraps``) writes into a dict of the function around
it, which is made once, and hands that on. A display that a module or a class has as a constant is taken under
a local name and changed, as if the name were a copy. A method sets a counter on its object anew, and hands on
a callback that reads it there, while the thing that both work on comes as an argument. Told by the shape of
the operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.by_hand import run_by_hand, runs_as_program
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.phases import ALONE, prepares
from rmwlint.windows.concurrency.sharing import unshared_class
from rmwlint.windows.flow import reaches
from rmwlint.windows.interpreter.opaque import mutates
from rmwlint.windows.memory.refills import locked_at, users_around

_WRAPS = "wraps"
#: the kinds of displays that can be changed
_CONTAINERS = frozenset(["list", "set"])


class OfOneCall(NamedTuple):
    """``text``: the place as written. ``written``: where this call's own is put there, ``used``: where it is
    used, by ``user``. ``how``: captured | constant | counter."""

    text: str
    written: int
    user: Fn
    used: int
    how: str


def of_one_call(fn: Fn) -> Iterator[OfOneCall]:
    """What the function keeps for one call where all calls share it."""
    if fn.index == 0 or fn.facts.name in ALONE:
        return
    yield from _captured(fn)
    yield from _constants(fn)
    yield from _counters(fn)


# -- what the function around has --------------------------------------------------------------------


def _captured(fn: Fn) -> Iterator[OfOneCall]:
    around = fn.parent
    if around is None or around.index == 0 or fn.owner is not None or not fn.decorated(_WRAPS):
        return
    told: set[str] = set()
    for number, op in enumerate(fn.facts.ops):
        name = _entry_of(fn, op)
        if name is None or name in told or not _outer(fn, name):
            continue
        passed = _passed_on(fn, name, number)
        if passed is not None and not locked_at(fn, passed):
            told.add(name)
            yield OfOneCall(name, number, fn, passed, "captured")


def _entry_of(fn: Fn, op: Op) -> str | None:
    """The name of a dict that is given an entry by a constant key, of something this call has found out."""
    ops = fn.facts.ops
    if op[0] != "setitem" or ops[op[1]][0] != "name" or ops[op[2]][0] != "const":
        return None
    return None if ops[op[3]][0] in ("const", "inplace") else str(ops[op[1]][1])


def _outer(fn: Fn, name: str) -> bool:
    """Whether a name is one of a function around, that is no module's body."""
    around = fn.parent
    while name not in fn.facts.locals and around is not None and around.index:
        if name in around.facts.locals:
            return True
        around = around.parent
    return False


def _passed_on(fn: Fn, name: str, after: int) -> int | None:
    """Where the whole dict is given to a call, after an operation."""
    ops = fn.facts.ops
    for number in range(after + 1, len(ops)):
        op = ops[number]
        if op[0] == "call" and reaches(fn, after, number):
            if any(ops[register] == ("name", name) for register in (*op[2], *(one for _, one in op[3]))):
                return number
    return None


# -- constants ---------------------------------------------------------------------------------------


def _constants(fn: Fn) -> Iterator[OfOneCall]:
    ops = fn.facts.ops
    for number, op in enumerate(ops):
        if op[0] != "store" or op[1] in fn.facts.global_names or not _displayed(fn, op[2]):
            continue
        name = op[1]
        if sum(other[:2] == ("store", name) for other in ops) > 1:
            continue
        changed = next((at for at in range(number + 1, len(ops)) if _changes(fn, ops[at], name)), None)
        if changed is None or locked_at(fn, changed) or runs_as_program(fn.module) or run_by_hand(fn.module):
            continue
        yield OfOneCall(_written(ops, op[2]), changed, fn, number, "constant")


def _changes(fn: Fn, op: Op, name: str) -> bool:
    """Whether an operation changes the container under a local name."""
    ops = fn.facts.ops
    if op[0] in ("setitem", "delitem"):
        return bool(ops[op[1]] == ("name", name))
    if op[0] != "call" or ops[op[1]][0] != "attr":
        return False
    callee = ops[op[1]]
    return bool(ops[callee[1]] == ("name", name)) and mutates(fn.module.program.libraries, callee[2])


def _displayed(fn: Fn, register: int) -> bool:
    """Whether a register holds a constant of the module or the class, or an entry of one, that is a list or a
    dict with something in it."""
    op = fn.facts.ops[register]
    if op[0] == "item":
        value = _display(fn, op[1])
        entries = [number for _, number in value[1]] if value is not None and value[0] == "dict" else []
        scope = fn.module.fn(0).facts.ops
        return bool(entries) and all(_filled(scope[entry]) for entry in entries)
    value = _display(fn, register)
    return value is not None and _filled(value)


def _display(fn: Fn, register: int) -> Op | None:
    op = fn.facts.ops[register]
    module = fn.module
    body = module.fn(0).facts.ops
    found: int | None = None
    if op[0] == "name" and op[1] not in fn.facts.locals and _constant(op[1]) and not _outer(fn, op[1]):
        found = module.facts.bindings.get(op[1])
    elif op[0] == "attr" and fn.is_self(op[1]) and _constant(op[2]) and fn.owner is not None:
        found = _field(fn.owner, op[2])
    value = body[found] if found is not None else None
    return body[value[1]] if value is not None and value[0] == "typed" else value


def _field(cls: Cls, name: str) -> int | None:
    """What the body of a class of the module gives an attribute that no method sets."""
    if any(name in base.facts.self_fields for base in cls.mro()) or cls.facts.scope != 0:
        return None
    return cls.facts.fields.get(name)


def _constant(name: str) -> bool:
    """Whether a name is written as that of something that does not change."""
    return name.isupper() and len(name) > 1


def _filled(value: Op) -> bool:
    if value[0] == "build":
        return value[1] in _CONTAINERS and bool(value[2])
    return value[0] == "dict" and bool(value[1])


def _written(ops: tuple[Op, ...], register: int) -> str:
    op = ops[register]
    if op[0] == "item":
        return f"{_written(ops, op[1])}[…]"
    return f"{_written(ops, op[1])}.{op[2]}" if op[0] == "attr" else str(op[1])


# -- counters ----------------------------------------------------------------------------------------


def _counters(fn: Fn) -> Iterator[OfOneCall]:
    owner = fn.owner
    if owner is None or not fn.first_is_self or len(fn.facts.params) < 2 or prepares(fn):
        return
    ops = fn.facts.ops
    for number, op in enumerate(ops):
        if op[0] != "setattr" or not fn.is_self(op[1]) or not _fresh(ops[op[3]]):
            continue
        name = op[2]
        found = next(_read_by_callback(fn, owner, name), None)
        if found is None or locked_at(fn, number) or unshared_class(owner) or locked_by_callers(fn):
            continue
        if _set_by_all(fn, name, found[0]):
            yield OfOneCall(f"self.{name}", number, *found, "counter")


def _fresh(value: Op) -> bool:
    """Whether a value is a figure that a count begins with."""
    return value[0] == "const" and isinstance(value[1], int) and not isinstance(value[1], bool)


def _read_by_callback(fn: Fn, owner: Cls, name: str) -> Iterator[tuple[Fn, int]]:
    """The functions that the method hands on, with the thing that they work on, and where they compare the
    attribute."""
    ops = fn.facts.ops
    params = {parameter.name for parameter in fn.facts.params[1:]}
    inside = {other.facts.name: other for other in fn.module.functions() if other.facts.parent == fn.index}
    for op in ops:
        if op[0] != "call":
            continue
        given = [*op[2], *(register for _, register in op[3])]
        for register in given:
            value = ops[register]
            callback = inside.get(value[1]) if value[0] == "name" else None
            if callback is not None and not params & {
                one[1] for one in callback.facts.ops if one[0] == "name"
            }:
                continue
            if value[0] == "attr" and fn.is_self(value[1]):
                callback = owner.method(value[2])
                if not params & {ops[one][1] for one in given if ops[one][0] == "name"}:
                    continue
            compared = _compared(callback, fn.self_name, name) if callback is not None else None
            if callback is not None and compared is not None:
                yield callback, compared


def _compared(fn: Fn, own: str, name: str) -> int | None:
    """Where a function compares the attribute with something."""
    own = fn.self_name or own
    ops = fn.facts.ops
    for op in ops:
        if op[0] == "compare":
            for register in op[2]:
                if ops[register][0] == "attr" and ops[register][2] == name:
                    if ops[ops[register][1]] == ("name", own):
                        return int(register)
    return None


def _set_by_all(fn: Fn, name: str, callback: Fn) -> bool:
    """Whether every method that mentions the attribute sets it anew: it lasts no longer than a call."""
    for other in users_around(fn):
        if other in (fn, callback) or name not in other.facts.names or other.facts.name in ALONE:
            continue
        ops = other.facts.ops
        if not any(op[0] == "setattr" and op[2] == name and _fresh(ops[op[3]]) for op in ops):
            return False
    return True


__all__ = ["OfOneCall", "of_one_call"]
