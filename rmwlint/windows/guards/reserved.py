"""Rows that a context manager of the project reserves for whoever works on them.

``class Task: def __enter__(self): self.server = Server.reserve(self.server_id)``, with an ``__exit__`` that
gives it back: what is handed on as ``task.server``, or as ``server``, nobody else changes meanwhile.
Only the name tells that it is that row, so such a window is told with low confidence, and one on a row that
the function has fetched itself is told as others are.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.facts.operands import made_of
from rmwlint.program.calling import Calling, argument, call_sites, checking, kept_for_check
from rmwlint.program.program import Fn, ModuleView
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.values import Event, Symbol

_LEAVES = ("__exit__", "__aexit__")


def reserved(fn: Fn, read: Event | None, write: Event) -> bool:
    """Whether a row that came in has the name of one that a context manager of the project reserves."""
    place = write.place
    if place is None or place.kind != "row":
        return False
    if read is not None and read.call is not None and not _came_in(place.symbol):
        return False
    names = _reservations(fn)
    if place.text.rpartition(".")[2] in names or _found_by(fn, place.symbol, names):
        return True
    given = read is None and place.symbol[:1] == ("param",) and bool(names)
    return given and kept_for_check(fn, "given_by_holders", lambda: _by_holders(fn, place.symbol[1], names))


def _by_holders(fn: Fn, index: int, names: frozenset[str]) -> bool:
    """Whether all who are known to give a function a row work for one that holds a reserved row, which they
    were given beside it or got it from."""
    sites = call_sites(fn)
    return bool(sites) and all(
        (register := argument(Calling(caller, number, fn.first_is_self), fn, index)) is not None
        and _of_holder(caller, register, names)
        for caller, number in sites
    )


def _of_holder(caller: Fn, register: int, names: frozenset[str]) -> bool:
    ops = caller.facts.ops
    given = {parameter.name for parameter in caller.facts.params}
    bases = [ops[op[1]] for op in ops if op[0] == "attr" and op[2] in names]
    holders = {base[1] for base in bases if base[0] == "name" and base[1] in given}
    made = [ops[part] for part in made_of(ops, register)]
    return bool(holders) and any(
        part[0] == "param" or (part[0] == "name" and part[1] in holders) for part in made
    )


def _found_by(fn: Fn, symbol: Symbol, names: frozenset[str]) -> bool:
    """Whether a row is one of those asked for by the key of a reserved one: ``Disk.of(task.server.id)``."""
    while isinstance(symbol, tuple) and len(symbol) == 2 and symbol[0] == "element":
        symbol = symbol[1]
    if not isinstance(symbol, tuple) or symbol[0] not in ("op", "row") or not isinstance(symbol[1], int):
        return False
    ops = fn.facts.ops
    given = {parameter.name for parameter in fn.facts.params}
    holders = [ops[ops[part][1]] for part in made_of(ops, symbol[1]) if ops[part][0] == "attr"]
    return any(
        holder[0] == "attr"
        and holder[2] in names
        and ops[holder[1]][0] == "name"
        and ops[holder[1]][1] in given
        for holder in holders
    )


def _came_in(symbol: Symbol) -> bool:
    """Whether a row is a parameter, or an attribute of one."""
    while isinstance(symbol, tuple) and len(symbol) == 3 and symbol[0] == "attr":
        symbol = symbol[1]
    return isinstance(symbol, tuple) and symbol[:1] == ("param",)


def _reservations(fn: Fn) -> frozenset[str]:
    """The attributes in which context managers of the project keep the rows that they reserve."""
    module = fn.module
    program = module.program
    found: frozenset[str] = frozenset()
    for word in sorted(program.libraries.reserving):
        for path in program.mentions(word, module.path):
            program.asked.uses(checking(program) or module.path, path, word)
            other = program.module_of(path)
            if other is not None:
                found |= _kept(other, word)
    return found


def _kept(module: ModuleView, word: str) -> frozenset[str]:
    memo = module.fn(0).memo
    key = f"reserving {word}"
    known = memo.get(key)
    if known is None:
        known = memo[key] = frozenset(_attributes(module, word))
    return known  # type: ignore[return-value]


def _attributes(module: ModuleView, word: str) -> Iterator[str]:
    for fn in module.functions():
        if word not in fn.facts.names:
            continue
        method = method_around(fn)
        owner = method.owner
        if owner is None or not any(name in owner.facts.methods for name in _LEAVES):
            continue
        ops, own = fn.facts.ops, method.self_name
        for op in ops:
            if op[0] == "setattr" and ops[op[1]] == ("name", own) and ops[op[3]][0] == "call":
                callee = ops[ops[op[3]][1]]
                if callee[0] == "attr" and callee[2] == word:
                    yield op[2]


__all__ = ["reserved"]
