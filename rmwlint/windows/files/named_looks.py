"""Looks and acts that only their names tell: ``if not self._file_exists(folder, name): copy_disk(…, path)``.

A store that no library model knows of can hold files too. The look and the act speak of one thing when an
argument of the act is made from the same variables as those of the look. Whether others are at work at the
same time says the function itself, when it takes a lock for another part of what it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.flow import reaches
from rmwlint.windows.text import text

_MAKES = ("copy", "create", "clone", "fetch", "upload", "download", "extend")
_DEPTH = 2


class NamedLook(NamedTuple):
    """``look`` and ``act``: the calls; ``text``: what is made, as written."""

    look: int
    act: int
    text: str


def named_looks(fn: Fn) -> Iterator[NamedLook]:
    """The creations, by their names, that a look by its name decides, outside the locks that the function
    takes."""
    if fn.index == 0 or not any("exists" in name for name in fn.facts.names):
        return
    result = heard(fn)
    if not any(event.does == "lock" for event in result.events):
        return
    ops = fn.facts.ops
    for _, last, successors, _ in fn.facts.blocks:
        if last == 0 or ops[last - 1][0] != "branch" or len(successors) != 2:
            continue
        look, absent = _look(fn, ops[last - 1][1], False)
        if look is None or any(held.kind == "lock" for held in result.at_calls.get(look, ())):
            continue
        here, there = (fn.facts.blocks[number][0] for number in (successors if absent else successors[::-1]))
        known = _names(fn, look, _DEPTH)
        for number in range(last, len(ops)):
            if not _makes(fn, number) or any(held.kind == "lock" for held in result.at_calls.get(number, ())):
                continue
            if not (number == here or reaches(fn, here, number)) or reaches(fn, there, number):
                continue
            shared = [(len(known & _names(fn, part, _DEPTH)), part) for part in ops[number][2]]
            most, made = max(shared, default=(0, 0))
            if most > 1:
                if not locked_by_callers(fn):
                    yield NamedLook(look, number, text(fn.facts, made))
                break


def _look(fn: Fn, register: int, absent: bool) -> tuple[int | None, bool]:
    """The call that looks, and whether a true condition says that there is nothing."""
    op = fn.facts.ops[register]
    if op[0] == "unary" and op[1] == "not":
        return _look(fn, op[2], not absent)
    if op[0] == "call":
        callee = fn.facts.ops[op[1]]
        if callee[0] in ("attr", "name") and str(callee[-1]).endswith("_exists") and len(op[2]) > 1:
            return register, absent
    return None, absent


def _makes(fn: Fn, number: int) -> bool:
    op = fn.facts.ops[number]
    if op[0] != "call" or fn.facts.ops[op[1]][0] not in ("attr", "name"):
        return False
    return str(fn.facts.ops[op[1]][-1]).lstrip("_").startswith(_MAKES)


def _names(fn: Fn, register: int, depth: int) -> frozenset[str]:
    """The variables that a value is made from, those that these are made from too."""
    ops = fn.facts.ops
    found: set[str] = set()
    pending = [(register, depth)]
    while pending:
        number, left = pending.pop()
        op = ops[number]
        if op[0] == "name" and op[1] in fn.facts.locals and op[1] not in ("self", "cls"):
            found.add(op[1])
            if left:
                made = [other[2] for other in ops[:number] if other[:2] == ("store", op[1])]
                pending += [(made[-1], left - 1)] if made else []
        elif op[0] in ("attr", "await", "star"):
            pending.append((op[1], left))
        elif op[0] == "binop":
            pending += [(op[2], left), (op[3], left)]
        elif op[0] == "build":
            pending += [(part, left) for part in op[2]]
        elif op[0] == "call":
            pending += [(part, left) for part in op[2]]
            if ops[op[1]][0] == "attr":
                pending.append((ops[op[1]][1], left))
    return frozenset(found)
