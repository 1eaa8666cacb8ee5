"""The next number from those that are there: what is counted, what gets the number, what forbids two.

``largest = Build.objects.aggregate(n=Max("number"))["n"]``, then ``number=largest + 1``: the figure is of all
rows, or of the last of them, and becomes a column of one more row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.program.types import Type
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.creations.creation import alike, as_called, guard_of_creation, is_creation, row_class
from rmwlint.windows.creations.unique import uniques
from rmwlint.windows.find import same_place
from rmwlint.windows.flow import reaches
from rmwlint.windows.interpreter.interpret import Analysis, analysis
from rmwlint.windows.values import Dep, Event, Place, in_order

_WRITES = frozenset(["create", "write"])
_LOOKS = frozenset(["test", "read"])
_COUNTS = ("count", "acount", "__len__")


class Numbering(NamedTuple):
    """A column that is given the next number. ``look``: what the number is made from; ``counted``: of how
    many there are, not from the largest. ``guard``: why no two get the same, empty where they can.
    ``unique``: the second write fails. ``sorts``: the column's name says that it only sorts."""

    look: Event
    write: Event
    column: str
    counted: bool
    guard: str
    unique: bool
    sorts: bool
    sure: int


def numberings(fn: Fn) -> Iterator[Numbering]:
    """The numbers that a function gives to rows, guarded ones too."""
    result = heard(fn)
    looks: dict[int, list[Event]] | None = None
    for write in result.events:
        if write.does not in _WRITES or write.place is None or write.place.kind not in ("row", "rows"):
            continue
        if not write.columns:
            write = _of_own_row(fn, result, write)
        for column, value in write.columns:
            for dep in in_order(value.deps):
                if dep[2] == "arith" or (dep[2] == "copy" and dep[1] is None):
                    looks = _looks(result) if looks is None else looks
                    yield from _of_column(fn, result, looks, write, column, dep)


def _looks(result: Analysis) -> dict[int, list[Event]]:
    looks: dict[int, list[Event]] = {}
    for event in result.events:
        if event.does in _LOOKS and event.place is not None and event.place.kind in ("row", "rows"):
            looks.setdefault(event.op, []).append(event)
    return looks


def _of_own_row(fn: Fn, result: Analysis, write: Event) -> Event:
    """``super().save()``, with the columns that the method has set before."""
    receiver = write.call.receiver if write.call is not None else None
    if receiver is None or write.trail or fn.owner is None or not fn.first_is_self:
        return write
    op = fn.facts.ops[receiver]
    if op[0] != "call" or fn.facts.ops[op[1]][:2] != ("name", "super"):
        return write
    columns = {
        name: value
        for way in result.exits
        for name, (at, value) in way.state.dirty.get(("param", 0), {}).items()
        if reaches(fn, at, write.op)
    }
    place = Place("row", ("param", 0), fn.owner.qualified, frozenset(), "self")
    kind = Type("instance", fn.owner.qualified, None, fn.owner)
    return write._replace(columns=tuple(columns.items()), place=place, type=kind)


def _of_column(
    fn: Fn, result: Analysis, looks: dict[int, list[Event]], write: Event, column: str, dep: Dep
) -> Iterator[Numbering]:
    found = looks.get(dep[0]) or list(_below(fn, dep))
    for look in found:
        if not reaches(fn, look.op, write.op):
            continue
        counted = look.does == "test"
        if counted and (look.row is None or look.row.kind != "count"):
            continue
        how_many = look.call is not None and look.call.name in _COUNTS
        if dep[2] == "copy" and not (how_many and is_creation(write)):
            continue
        steps = _steps(fn, look) if dep[2] == "arith" else {1}
        if not steps:
            continue
        if counted:
            if not _one_table(look, write):
                continue
        elif dep[1] != column or not _another(look, write) or any(_of_one(each, write) for each in found):
            continue
        guard = guard_of_creation(fn, look, write, result.events)
        # Whoever leaves room between two figures means to put others there.
        sorts = "naming.Order" in fn.module.program.libraries.receiver(column) or 1 not in steps
        unique = _unique(write, column)
        yield Numbering(look, write, column, how_many, guard, unique, sorts, min(look.sure, write.sure))
        return


def _below(fn: Fn, dep: Dep) -> Iterator[Event]:
    """The looks of a function that gives the number, or what it is made of, to its caller."""
    if not 0 <= dep[0] < len(fn.facts.ops) or fn.facts.ops[dep[0]][0] != "call":
        return
    call = link(fn).calls.get(dep[0])
    if call is None or len(call.targets) != 1:
        return
    target = call.targets[0]
    below = analysis(target)
    numbers = {
        inner[0]
        for way in below.exits
        if way.value is not None
        for inner in way.value.deps
        if inner[1] == dep[1] and inner[2] == dep[2]
    }
    for event in below.events:
        if event.op in numbers and event.does in _LOOKS and event.place is not None:
            yield as_called(fn, dep[0], event, ((target, event.op), *event.trail))


def _steps(fn: Fn, look: Event) -> set[object]:
    """The constants that are added, here or where the look happens; 1 for one known by a name only."""
    return {
        step
        for one in (fn, *(below for below, _ in look.trail))
        for op in one.facts.ops
        if op[0] in ("binop", "inplace") and op[1] == "+"
        for register in op[2:4]
        if (step := _constant(one, register)) is not None
    }


def _constant(fn: Fn, register: int) -> object:
    op = fn.facts.ops[register]
    if op[0] == "const":
        return op[1] if isinstance(op[1], (int, float)) and not isinstance(op[1], bool) else None
    return 1 if op[0] in ("name", "attr") and str(op[-1]).isupper() else None


def _one_table(look: Event, write: Event) -> bool:
    one, other = row_class(look), row_class(write)
    if one is not None and other is not None and (one is other or one in other.mro() or other in one.mro()):
        return True
    return alike(look, write)


def _another(look: Event, write: Event) -> bool:
    """Whether the look gave another row of the same class: one of several, by their order or in a loop."""
    one, other = row_class(look), row_class(write)
    if one is None or other is None or not (one is other or one in other.mro() or other in one.mro()):
        return False
    return look.row is None or look.row.kind == "first"


def _of_one(look: Event, write: Event) -> bool:
    """Whether the row that was looked at is the one that is written."""
    return look.place is not None and write.place is not None and same_place(look.place, write.place)


def _unique(write: Event, column: str) -> bool:
    cls = row_class(write)
    return cls is not None and any(column in group for group in uniques(cls))
