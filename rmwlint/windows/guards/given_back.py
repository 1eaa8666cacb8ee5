"""Amounts that are given back for a row: ``books.reserve(project, seats=-1)``, and then the row goes.

That two requests both clear a row does no harm by itself, the second writes what is there. Where each of them
also gives back what the row has taken, it is given back twice. Not where the outcome of the write decides
that.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.facts.model import Op
from rmwlint.facts.operands import last_store, numbers_in
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.flow import reaches
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.values import Event

#: a name stands for a dict, and that for another
_DEEPEST = 3


def given_back(fn: Fn) -> tuple[int, ...]:
    """The calls of a function that enter a negative amount in some book."""
    found = fn.memo.get("given_back")
    if found is None:
        found = fn.memo["given_back"] = tuple(_given_back(fn))
    return found  # type: ignore[return-value]


def _given_back(fn: Fn) -> Iterator[int]:
    ops = fn.facts.ops
    if not any(op[:2] == ("unary", "-") for op in ops):
        return
    meaning = fn.module.program.libraries.method_meaning
    for number, call in sorted(link(fn).calls.items()):
        op = ops[number]
        if op[0] == "call" and any(row.does == "delta" for row in meaning("naming.Ledger", call.name, {})):
            given = (*op[2], *(register for _, register in op[3]))
            if any(_negative(ops, register, number, 0) for register in given):
                yield number


def _negative(ops: tuple[Op, ...], register: int, before: int, depth: int) -> bool:
    """Whether a register holds a negative number, or a dict with one, as it is written."""
    op = ops[register]
    if op[0] == "unary":
        return bool(op[1] == "-")
    if op[0] == "dict":
        return any(_negative(ops, value, before, depth) for key, value in op[1] if key is not None)
    if op[0] == "name" and depth < _DEEPEST:
        at = last_store(ops, op[1], before)
        return at >= 0 and _negative(ops, ops[at][2], at, depth + 1)
    return False


def back_with(fn: Fn, write: Event) -> int | None:
    """The call that gives back an amount on a way that a write stands on too, whatever the write has met."""
    for number in given_back(fn):
        if number == write.op or not (reaches(fn, number, write.op) or reaches(fn, write.op, number)):
            continue
        ends = _ends(fn, number)
        if not _decided(fn, number, write.op) and not (
            ends and all(_decided(fn, at, write.op) for at in ends)
        ):
            return number
    return None


def _ends(fn: Fn, number: int) -> list[int]:
    """The calls that are given what a call has given: they make it good, or take it back."""
    ops = fn.facts.ops
    names = {op[1] for op in ops if op[0] == "store" and op[2] == number}
    held = {number, *(at for at, op in enumerate(ops) if op[0] == "name" and op[1] in names)}
    calls = [at for at, op in enumerate(ops) if op[0] == "call"]
    return [at for at in calls if not held.isdisjoint(numbers_in(ops[at][1:]))]


def _decided(fn: Fn, number: int, by: int) -> bool:
    """Whether an operation happens because of what another one has given."""
    return any(dep[0] == by for dep, _, _ in analysis(fn).control_at.get(number, ()))
