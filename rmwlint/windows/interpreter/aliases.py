"""Looks into a shared container by a local name for it.

``cache = cls.cache`` reads which container it is; what is in there is read by ``key in cache`` and
``cache.get(key)``, each time anew. That matters where a lock is taken in between: the second look is made
under it, by whatever name the container goes. Where the function puts another container in its place, the
name stands for the old one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmwlint.program.program import Fn
from rmwlint.windows.values import Event, Symbol, Value

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter


def looked_again(run: Interpreter, position: int, value: Value) -> Value:
    """What a local name stands for, read here where it is looked into under a lock that was not held when it
    was given to the name; as it is else.

    ``position``: the operation that takes the name. Records the load.
    """
    locks = {held.id for held in run.state.held if held.kind == "lock"}
    if not locks or position not in _looked_into(run.fn):
        return value
    for load in reversed(run.result.events):
        if load.does != "load" or (load.op, None, "copy") not in value.deps or load.place is None:
            continue
        if load.place.symbol != value.symbol or locks <= {held.id for held in load.held}:
            return value
        if _replaces(run.fn, load.place.symbol):
            return value
        run.emit(Event(position, "load", load.place, type=load.type))
        deps = value.deps - {(load.op, None, "copy")} | {(position, None, "copy")}
        return value._replace(deps=deps)
    return value


def _looked_into(fn: Fn) -> frozenset[int]:
    """The registers that are asked for an entry, or whether they have it, or whose methods are called."""
    known = fn.memo.get("looked_into")
    if known is not None:
        return known  # type: ignore[return-value]
    ops = fn.facts.ops
    found: set[int] = set()
    for op in ops:
        if op[0] == "compare" and op[1] in (("in",), ("not in",)):
            found.add(op[2][1])
        elif op[0] == "item" or (op[0] == "call" and ops[op[1]][0] == "attr"):
            found.add(op[1] if op[0] == "item" else ops[op[1]][1])
    looked = fn.memo["looked_into"] = frozenset(found)
    return looked


def _replaces(fn: Fn, symbol: Symbol) -> bool:
    """Whether a function stores something else under the name that a place has."""
    name = str(symbol[-1]).rpartition(".")[2] if isinstance(symbol, tuple) else ""
    return name in fn.facts.global_names or any(op[0] == "setattr" and op[2] == name for op in fn.facts.ops)


__all__ = ["looked_again"]
