"""Methods of the own object, called by a name that is put together: ``getattr(self, f"_create_{kind}")``.

Any method of the class whose name fits may be the one, whatever the part is that is filled in.
"""

from __future__ import annotations

import re

from rmwlint.facts.model import Op
from rmwlint.program.dispatch import Candidates, abstract
from rmwlint.program.link import Call
from rmwlint.program.program import Fn

#: so many letters of the name have to be written out
_SHORTEST = 4
_FILLED_IN = re.compile(r"%s|\{\w*\}")


def composed(fn: Fn, number: int, call: Call) -> Candidates | None:
    """The methods that the call ``number`` may run, where it calls what ``getattr`` finds by such a name."""
    if fn.owner is None or call.targets or call.rows or "getattr" not in fn.facts.names:
        return None
    ops = fn.facts.ops
    looked_up = _looked_up(fn, ops[ops[number][1]])
    if looked_up is None:
        return None
    pattern = _pattern(ops, ops[looked_up[2][1]])
    if pattern is None:
        return None
    found: dict[str, Fn] = {}
    for cls in fn.owner.mro():
        for method in cls.own_methods():
            name = method.facts.name
            if name not in found and method is not fn and pattern.fullmatch(name):
                found[name] = method
    functions = tuple(method for method in found.values() if not abstract(method))
    return Candidates(functions, False) if functions else None


def _looked_up(fn: Fn, callee: Op) -> Op | None:
    """The call of ``getattr`` on the own object that gives a callee, at once or by a local name."""
    ops = fn.facts.ops
    if callee[0] == "name":
        stored = [op[2] for op in ops if op[0] == "store" and op[1] == callee[1]]
        if len(stored) != 1:
            return None
        callee = ops[stored[0]]
    if callee[0] != "call" or ops[callee[1]] != ("name", "getattr") or len(callee[2]) < 2:
        return None
    return callee if fn.is_self(callee[2][0]) else None


def _pattern(ops: tuple[Op, ...], op: Op) -> re.Pattern[str] | None:
    """What names a text that is put together can give; None where too little of it is written out."""
    parts = _parts(ops, op)
    written = "".join(part for part in parts if part is not None)
    if None not in parts or len(written.strip("_")) < _SHORTEST:
        return None
    return re.compile("".join(r"\w+" if part is None else re.escape(part) for part in parts))


def _parts(ops: tuple[Op, ...], op: Op) -> list[str | None]:
    """The parts of a text: as written, and None for each that is filled in."""
    if op[0] == "const" and isinstance(op[1], str):
        return [op[1]]
    if op[:2] == ("build", "fstring"):
        return [part for inner in op[2] for part in _parts(ops, ops[inner])]
    if op[:2] == ("binop", "+"):
        return [*_parts(ops, ops[op[2]]), *_parts(ops, ops[op[3]])]
    template: Op | None = None
    if op[:2] == ("binop", "%"):
        template = ops[op[2]]
    elif op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] == "format":
        template = ops[ops[op[1]][1]]
    if template is None or template[0] != "const" or not isinstance(template[1], str):
        return [None]
    written = _FILLED_IN.split(template[1])
    return [part for one in written for part in (one, None)][:-1]
