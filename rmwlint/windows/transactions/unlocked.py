"""Queries that ask for row locks and are never run, or end in a statement that takes no row lock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.facts.operands import operands
from rmwlint.program.link import Link, link
from rmwlint.program.program import Fn
from rmwlint.windows.interpreter.locking_queries import asking

#: operations whose value may be that of an operand, as it is
_SAME = frozenset(["await", "typed", "choose"])


class Unlocked(NamedTuple):
    """The call at ``op`` asks for row locks that nothing takes.

    ``ends``: the calls that run the query and drop its lock, in source order, each with its name; none where
    nothing runs it.
    """

    op: int
    name: str
    ends: tuple[tuple[int, str], ...]
    sure: int


def unlocked(fn: Fn) -> Iterator[Unlocked]:
    """The row locks that a function asks for and that no statement takes, while it keeps the query itself.

    A query that leaves the function's hands (passed on, returned, stored, read by a function inside) counts
    as run; so does one on which anything is called that no library model knows.
    """
    for number, asked in asking(fn).items():
        linked = link(fn)
        ends = _ends(fn, linked, number)
        if ends is not None:
            named = tuple((end, linked.calls[end].name) for end in sorted(ends))
            yield Unlocked(number, linked.calls[number].name, named, asked.sure)


def _ends(fn: Fn, linked: Link, start: int) -> set[int] | None:
    """The calls in which the query ends, all of which drop its lock; None where something may take it."""
    ops = fn.facts.ops
    ends: set[int] = set()
    pending = [start]
    seen: set[int] = set()
    while pending:
        register = pending.pop()
        if register in seen:
            continue
        seen.add(register)
        for number, op in enumerate(ops[register + 1 :], register + 1):
            if register not in operands(op):
                continue
            if op[0] in _SAME and (op[0] != "choose" or op[1] != register):
                pending.append(number)
            elif op[0] == "store":
                if not _own(fn, op[1]):
                    return None
                pending += _loads(fn, number, op[1])
            elif op[0] == "attr":
                for called in _called(ops, number):
                    meaning = linked.calls[called].rows if called in linked.calls else ()
                    if any(row.drops_lock for row in meaning):
                        ends.add(called)
                    elif any(row.does == "query" for row in meaning):
                        pending.append(called)
                    else:
                        return None
                    break
                else:
                    return None
            else:
                return None
    return ends


def _called(ops: tuple[Op, ...], attribute: int) -> Iterator[int]:
    """The call of an attribute that was loaded for it."""
    for number in range(attribute + 1, len(ops)):
        if ops[number][0] == "call" and ops[number][1] == attribute:
            yield number


def _own(fn: Fn, name: str) -> bool:
    """Whether a name is a local one that no function inside reads."""
    if fn.index == 0 or name not in fn.facts.locals:
        # a comprehension's own name is in no function's table
        return name.endswith("'")
    inside = {fn.index}
    for index, other in enumerate(fn.module.facts.functions):
        if other.parent in inside:
            inside.add(index)
            if name not in other.locals and ("name", name) in other.ops:
                return False
    return True


def _loads(fn: Fn, store: int, name: str) -> Iterator[int]:
    """Where a name is loaded that may still hold what was stored."""
    blocks, ops = fn.facts.blocks, fn.facts.ops
    block = next(number for number, (first, last, _, _) in enumerate(blocks) if first <= store < last)
    pending = [(block, store + 1)]
    seen: set[int] = set()
    while pending:
        block, first = pending.pop()
        _, last, successors, handlers = blocks[block]
        pending += [(target, blocks[target][0]) for target in handlers if target not in seen]
        seen.update(handlers)
        for number in range(first, last):
            if ops[number] == ("name", name):
                yield number
            elif ops[number][:2] == ("store", name):
                break
        else:
            pending += [(target, blocks[target][0]) for target in successors if target not in seen]
            seen.update(successors)
