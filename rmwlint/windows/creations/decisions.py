"""What decides that something is created where no branch around it does.

``find(key) or create(key)`` and ``row if row else create(key)`` decide in one expression. A loop over
``wanted - existing``, or over what a comprehension leaves of them, runs for what is not there. ``while
taken(name):`` is left only with a name that nobody has. A flag that a search sets tells later what the search
has found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.operands import last_store, operands
from rmwlint.program.program import Fn
from rmwlint.windows.flow import leads, only_after
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.interpreter.presence import found_by, met
from rmwlint.windows.values import Dep, Event

#: what gives all that it is given, in another order or container
_SAME_THINGS = frozenset(["set", "frozenset", "list", "tuple", "sorted", "iter", "reversed", "enumerate"])
_PUTS = frozenset(["append", "add"])
#: names and wrappers are followed so far
_STEPS = 8
#: a value made of more than this is made of anything
_MOST_PARTS = 80


class Absence(NamedTuple):
    """The operation ``look`` has found nothing where the creation happens, as the operation ``at`` tells.
    ``by_key``: it has found other things, but not this one."""

    look: int
    at: int
    by_key: bool = False


def absences(fn: Fn, create: Event, looks: frozenset[int]) -> Iterator[Absence]:
    """What an expression, a loop or a flag says of the looks before a creation."""
    if not looks:
        return
    for point in _points(fn, create):
        yield from _in_expression(fn, point, looks)
        yield from _left_out(fn, point, looks)
    yield from _flagged(fn, create.op, looks)


def put_before(fn: Fn, create: Event) -> Iterator[tuple[Dep, int, bool]]:
    """What decided that something was put into the list that is created from."""
    known = analysis(fn).control_at
    for point in _points(fn, create):
        if point != create.op:
            yield from known.get(point, ())


# -- one expression -----------------------------------------------------------------------------------


def _in_expression(fn: Fn, point: int, looks: frozenset[int]) -> Iterator[Absence]:
    """``look() or create()``, ``create() if not look() else …``."""
    ops = fn.facts.ops
    for at, op in enumerate(ops):
        if op[0] == "bool":
            parts = op[2]
            inside = next((n for n in range(1, len(parts)) if parts[n - 1] < point <= parts[n]), None)
            if inside is None:
                continue
            for part in parts[:inside]:
                yield from _told(fn, part, at, looks, op[1] == "and")
        elif op[0] == "choose" and op[1] < point <= op[3]:
            yield from _told(fn, op[1], at, looks, point <= op[2])


def _told(fn: Fn, register: int, at: int, looks: frozenset[int], outcome: bool) -> Iterator[Absence]:
    for look in looks:
        sign = found_by(fn.facts, register, look) if look <= register else 0
        if sign and (sign > 0) is not outcome:
            yield Absence(look, at)


# -- what is not among what is there ------------------------------------------------------------------


def _points(fn: Fn, create: Event) -> list[int]:
    """The creation, where its row was made, and where what it is given was put into a list; not where rows
    are saved, which may have been there before."""
    ops = fn.facts.ops
    points = [create.op]
    symbol = create.place.symbol if create.place is not None else None
    if isinstance(symbol, tuple) and symbol[0] == "new" and symbol[1] < create.op:
        points.append(symbol[1])
    op = ops[create.op]
    for register in op[2] if op[0] == "call" and create.does != "write" else ():
        given = ops[register]
        if given[0] == "name" and given[1] in fn.facts.locals:
            points += (
                at
                for at in range(create.op)
                if ops[at][0] == "call"
                and ops[ops[at][1]][0] == "attr"
                and ops[ops[at][1]][2] in _PUTS
                and ops[ops[ops[at][1]][1]][:2] == given[:2]
            )
    return points


def _left_out(fn: Fn, point: int, looks: frozenset[int]) -> Iterator[Absence]:
    ops, blocks = fn.facts.ops, fn.facts.blocks
    wanted: list[int] = []
    for _, last, successors, _ in blocks:
        if last and ops[last - 1][0] == "loop" and len(successors) == 2:
            if blocks[successors[0]][0] <= point < blocks[successors[1]][0]:
                wanted.append(ops[last - 1][1])
    if ops[point][0] == "call":
        wanted += ops[point][2]
    for register in wanted:
        for left, at in _subtracted(fn, register, point):
            for look in made_of(fn, left, at) & looks:
                yield Absence(look, at, True)


def _subtracted(fn: Fn, register: int, before: int) -> Iterator[tuple[int, int]]:
    """(what is taken away, where) of a collection that leaves things out."""
    ops = fn.facts.ops
    for _ in range(_STEPS):
        op = ops[register]
        if op[0] == "name":
            stored = _stored(fn, op[1], min(register, before))
            if stored is None:
                return
            register = stored
        elif op[0] == "binop":
            if op[1] == "-":
                yield op[3], register
            return
        elif op[0] == "collect":
            for test in left_out_by(fn, register):
                yield test, register
            # each of what another comprehension, or a difference, leaves
            element = next((n for n in range(register - 1, -1, -1) if ops[n][0] == "element"), None)
            if element is None:
                return
            register = ops[element][1]
        elif op[0] == "call":
            callee = ops[op[1]]
            if callee[0] == "attr" and callee[2] == "difference":
                yield from ((part, register) for part in op[2])
                return
            if callee[0] != "name" or callee[1] not in _SAME_THINGS or not op[2]:
                return
            register = op[2][0]
        elif op[0] in ("await", "star"):
            register = op[1]
        else:
            return


def left_out_by(fn: Fn, collect: int) -> Iterator[int]:
    """The collections that a comprehension's condition asks not to hold the thing."""
    ops = fn.facts.ops
    for number in range(collect - 1, -1, -1):
        op = ops[number]
        if op[0] == "element":
            return
        if op[0] != "test":
            continue
        tested = ops[op[1]]
        for part in tested[2] if tested[:2] == ("bool", "and") else (op[1],):
            asked = ops[part]
            if asked[:2] == ("compare", ("not in",)):
                yield asked[2][1]
            elif asked[:2] == ("unary", "not") and ops[asked[2]][:2] == ("compare", ("in",)):
                yield ops[asked[2]][2][1]


def made_of(fn: Fn, register: int, before: int) -> frozenset[int]:
    """The operations whose values went into a value, by way of names; not what fills a container."""
    ops = fn.facts.ops
    found: set[int] = set()
    pending = [register]
    while pending and len(found) < _MOST_PARTS:
        number = pending.pop()
        if number in found:
            continue
        found.add(number)
        op = ops[number]
        if op[0] == "name":
            stored = _stored(fn, op[1], min(number, before))
            if stored is not None:
                pending.append(stored)
        else:
            pending += operands(op)
    return frozenset(found)


def _stored(fn: Fn, name: str, before: int) -> int | None:
    """The register that was last stored under a name above an operation."""
    at = last_store(fn.facts.ops, name, before)
    return None if at < 0 else int(fn.facts.ops[at][2])


# -- loops and flags ----------------------------------------------------------------------------------


def left_by(fn: Fn, create: Event) -> Iterator[tuple[Dep, int, bool]]:
    """What ends a loop before a creation: every way to it takes that branch so at last."""
    for branch, deps in analysis(fn).deciding.items():
        if branch < create.op:
            for outcome in (True, False):
                if only_after(fn, branch, outcome, create.op):
                    yield from ((dep, branch, outcome) for dep in deps)


def _flagged(fn: Fn, create: int, looks: frozenset[int]) -> Iterator[Absence]:
    """``found = True`` in a loop that searches, and later ``if not found:``."""
    ops = fn.facts.ops
    for branch in range(create):
        if ops[branch][0] != "branch":
            continue
        register, wanted = ops[branch][1], True
        if ops[register][:2] == ("unary", "not"):
            register, wanted = ops[register][2], False
        if ops[register][0] != "name" or ops[register][1] not in fn.facts.locals:
            continue
        if leads(fn, branch, wanted, create) or not leads(fn, branch, not wanted, create):
            continue
        stores = [at for at, op in enumerate(ops) if op[:2] == ("store", ops[register][1])]
        if any(ops[ops[at][2]] not in (("const", True), ("const", False)) for at in stores):
            continue
        for at in stores:
            if ops[ops[at][2]] == ("const", True) and at < branch:
                yield from (Absence(look, branch) for look in _set_by(fn, at, looks))


def _set_by(fn: Fn, store: int, looks: frozenset[int]) -> Iterator[int]:
    """The looks one of whose results, met in a loop, sets a flag."""
    for branch, deps in analysis(fn).deciding.items():
        for look in {dep[0] for dep in deps} & looks if branch < store else ():
            way = met(fn.facts, branch, look)
            if way is not None and only_after(fn, branch, way, store):
                yield look
