"""Lists that a function fills with nothing but what it has just made: what a loop takes of them is new."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rmwlint.program.link import link
from rmwlint.program.program import Fn


def of_gathered(fn: Fn, register: int | None, makes: Callable[[str], bool]) -> bool:
    """Whether a register holds an element of such a list. ``makes``: whether what is called by that last name
    gives something new."""
    ops = fn.facts.ops
    if register is None or ops[register][0] != "name":
        return False
    loops = [op[2] for op in ops if op[0] == "store" and op[1] == ops[register][1]]
    if not loops or any(ops[one][0] != "element" for one in loops):
        return False
    return all(_filled(fn, ops[one][1], makes) for one in loops)


def _filled(fn: Fn, register: int, makes: Callable[[str], bool]) -> bool:
    ops = fn.facts.ops
    if ops[register][0] != "name" or ops[register][1] not in fn.facts.locals:
        return False
    name = ops[register][1]
    put: list[int] = []
    for op in ops:
        if op[0] == "store" and op[1] == name:
            given = ops[op[2]]
            if given[0] == "build" and given[1] == "list":
                put += given[2]
            elif given[0] == "collect" and given[1] == "list":
                put.append(given[2])
            elif _creates(fn, op[2]):
                continue
            else:
                return False
    put += _appended(fn, name)
    return bool(put) and all(_is_made(fn, one, makes) for one in put)


def _creates(fn: Fn, register: int) -> bool:
    call = link(fn).calls.get(register)
    return call is not None and any(row.does == "create" for row in call.rows)


def _appended(fn: Fn, name: str) -> Iterator[int]:
    ops = fn.facts.ops
    for op in ops:
        if op[0] == "call" and ops[op[1]][0] == "attr" and ops[ops[op[1]][1]] == ("name", name):
            yield from op[2]


def _is_made(fn: Fn, register: int, makes: Callable[[str], bool]) -> bool:
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "name":
        given = [other[2] for other in ops if other[0] == "store" and other[1] == op[1]]
        return len(given) == 1 and ops[given[0]][0] == "call" and _is_made(fn, given[0], makes)
    return op[0] == "call" and ops[op[1]][0] in ("name", "attr") and makes(str(ops[op[1]][-1]))
