"""A row that is made where none was found, and given away for others to keep.

``tag = find(name) or Tag(name=name)`` adds nothing to a session: whoever gets the tag puts it into a package,
and all that hangs on that is kept with it. Two that look at the same time make two. Only rows of libraries
that keep what hangs on others are made so.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.facts.model import Op
from rmwlint.facts.operands import operands
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.program.types import Type
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.text import text
from rmwlint.windows.values import Event, Place, Value

#: the library keeps by itself what hangs on a row that it keeps
_TRACKED = "flush"
_PUTS = "append"
#: what sets columns of the row, and keeps nothing
_SETS = frozenset(["update"])
_GIVES = frozenset(["return", "yield"])
#: somebody else keeps it: what he does then, nobody sees
_SURE = 2


def given_away(fn: Fn, looks: list[Event]) -> Iterator[Event]:
    """The creations of rows that a decision leads to, with columns that was looked for, and that the function
    only gives away."""
    found = analysis(fn)
    asked = {column for look in looks if look.place is not None for column, _ in look.place.keys}
    for number, control in found.control_at.items():
        call = link(fn).calls.get(number)
        cls = call.cls if call is not None else None
        if call is None or cls is None or cls.row() != _TRACKED:
            continue
        given = fn.facts.ops[number][3]
        if asked.isdisjoint(name for name, _ in given) or not _goes(fn, number):
            continue
        columns = tuple((name, Value(("op", register))) for name, register in given)
        place = Place("row", ("new", number), cls.qualified, frozenset(), text(fn.facts, number))
        yield Event(
            number,
            "create",
            place,
            held=found.at_calls.get(number, ()),
            control=control,
            columns=columns,
            call=call,
            type=Type("instance", cls.qualified, None, cls),
            sure=_SURE,
        )


def _goes(fn: Fn, number: int) -> bool:
    """Whether the object that a call makes is returned or put into a list, and handed to no other call."""
    ops = fn.facts.ops
    names = {op[1] for op in ops if op[0] == "store" and op[2] == number}
    goes = False
    for at in range(number + 1, len(ops)):
        op = ops[at]
        used = [
            register
            for register in operands(op)
            if register == number or (ops[register][0] == "name" and ops[register][1] in names)
        ]
        if not used:
            continue
        if op[0] in _GIVES or _put(ops, op):
            goes = True
        elif op[0] == "call" or (op[0] == "attr" and _called(ops, at) and op[2] not in _SETS):
            return False
    return goes


def _put(ops: tuple[Op, ...], op: Op) -> bool:
    return op[0] == "call" and ops[op[1]][0] == "attr" and bool(ops[op[1]][2] == _PUTS)


def _called(ops: tuple[Op, ...], at: int) -> bool:
    return any(op[0] == "call" and op[1] == at for op in ops[at + 1 :])
