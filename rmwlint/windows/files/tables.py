"""A file with an entry for each of several objects: ``known[snapshot.id] = …``, and no such id in its path.

Two that work on two of the objects then rewrite one file.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.facts.operands import operands
from rmwlint.program.program import Fn
from rmwlint.windows.find import Window
from rmwlint.windows.values import Symbol

_CHANGES = frozenset(["setitem", "delitem"])


def of_many(fn: Fn, window: Window) -> bool:
    """Whether what is read is changed at a key that the function is given, and the path does not hold."""
    read, place = window.read, window.write.place
    if read is None or place is None:
        return False
    ops = fn.facts.ops
    named = {op[1] for op in ops if op[0] == "store" and op[2] == read.op}
    keys = {
        key
        for base, register in _changed(fn)
        if ops[base][0] == "name" and ops[base][1] in named
        for key in _keys(fn, register)
    }
    if not keys:
        return False
    path = set(_parts(fn, place.symbol))
    return any(key not in path and (key[0] == "param" or key[1] not in path) for key in keys)


def _parts(fn: Fn, symbol: Symbol) -> Iterator[Symbol]:
    """What a path is made of: parameters, and attributes and items of parameters."""
    if not isinstance(symbol, tuple) or not symbol:
        return
    if symbol[0] == "param" or (symbol[0] in ("attr", "item") and symbol[1][:1] == ("param",)):
        yield symbol
    elif symbol[0] in ("op", "new") and len(symbol) == 2 and isinstance(symbol[1], int):
        yield from _made_of(fn, symbol[1])
    else:
        for part in symbol[1:]:
            yield from _parts(fn, part)


def _made_of(fn: Fn, register: int) -> Iterator[Symbol]:
    """The same of a register that only its operation explains."""
    ops = fn.facts.ops
    pending, seen = [register], set[int]()
    while pending:
        number = pending.pop()
        if number in seen:
            continue
        seen.add(number)
        known = list(_keys(fn, number))
        yield from known
        if known:
            continue
        if ops[number][0] == "name":
            pending += [op[2] for op in ops if op[:2] == ("store", ops[number][1])]
        else:
            pending += operands(ops[number])


def _changed(fn: Fn) -> Iterator[tuple[int, int]]:
    """(container, key) of each entry that is put in or taken out."""
    ops = fn.facts.ops
    for op in ops:
        if op[0] in _CHANGES:
            yield op[1], op[2]
        elif op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] == "pop" and op[2]:
            yield ops[op[1]][1], op[2][0]


def _keys(fn: Fn, register: int) -> Iterator[Symbol]:
    """The symbol of a key, where it is a parameter, or an attribute or item of one."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "name":
        index = _parameter(fn, op[1])
        if index is not None:
            yield "param", index
        return
    if op[0] not in ("attr", "item") or ops[op[1]][0] != "name":
        return
    index = _parameter(fn, ops[op[1]][1])
    if index is None:
        return
    if op[0] == "attr":
        yield "attr", ("param", index), op[2]
    elif ops[op[2]][0] == "const":
        yield "attr", ("param", index), ops[op[2]][1]


def _parameter(fn: Fn, name: str) -> int | None:
    """The parameter, other than ``self``, that a name still stands for."""
    stores = [op for op in fn.facts.ops if op[:2] == ("store", name)]
    given = fn.facts.ops[stores[0][2]] if len(stores) == 1 else ("pass",)
    if given[0] != "param" or (given[1] == 0 and fn.first_is_self):
        return None
    return int(given[1])
