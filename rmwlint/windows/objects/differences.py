"""Objects whose changes are gathered by a method of their own, entry by entry, or
as sets of what has come and gone.

``changes["specs"] = {k: v for k, v in self.specs.items() if v != self._read.get(k)}``: the save writes the
entries that this call has changed, and nobody else's.
"""

from __future__ import annotations

from rmwlint.facts.operands import made_of
from rmwlint.program.dispatch import abstract
from rmwlint.program.program import Cls, Fn
from rmwlint.program.types import Type

_NOW, _BEFORE = "now", "before"


def gathers_difference(kind: Type | None, attribute: str | None) -> bool:
    """Whether a class of the program gathers, of a container in an attribute, only what differs."""
    if kind is None or kind.kind != "instance" or not attribute:
        return False
    cls: Cls = kind.ref
    known: dict[str, bool] = cls.memo.setdefault("gathers_difference", {})  # type: ignore[assignment]
    if attribute not in known:
        known[attribute] = any(
            _gathers(base.module.fn(index), attribute) or _takes_apart(base.module.fn(index), attribute)
            for base in cls.mro()
            for index in base.facts.methods.values()
        )
    return known[attribute]


def leaves_out(kind: Type | None, attribute: str | None) -> bool:
    """Whether a class saves its attributes by a method each, and that of the attribute does nothing."""
    if kind is None or kind.kind != "instance" or not attribute:
        return False
    cls: Cls = kind.ref
    method = cls.method(f"_save_{attribute}")
    return method is not None and abstract(method)


def _gathers(fn: Fn, attribute: str) -> bool:
    """Whether a method compares the attribute's entries one by one, and sets an entry of its name."""
    ops = fn.facts.ops
    if attribute not in fn.facts.names or not fn.first_is_self:
        return False
    me = ("name", fn.facts.params[0].name)
    sets = any(op[0] == "setitem" and ops[op[2]] == ("const", attribute) for op in ops)
    differs = any(op[0] == "compare" and op[1] in (("!=",), ("==",)) for op in ops)
    return sets and differs and any(op[0] == "element" and _walks(fn, op[1], me, attribute) for op in ops)


def _takes_apart(fn: Fn, attribute: str) -> bool:
    """Whether a method tells apart what has come to the attribute and what has gone from it, as sets:
    ``set(tags) - set(self._read_tags)``, and the other way round."""
    ops = fn.facts.ops
    if attribute not in fn.facts.names and ("const", attribute) not in ops:
        return False
    ways = set()
    for op in ops:
        if op[:2] == ("binop", "-"):
            left, right = _holds(fn, op[2], attribute), _holds(fn, op[3], attribute)
            if {left, right} == {_NOW, _BEFORE}:
                ways.add(left)
    return len(ways) == 2


def _holds(fn: Fn, register: int, attribute: str) -> str | None:
    """Whether a register is a set of what the attribute holds now, or of what is kept of it from before."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] != "call" or ops[op[1]] != ("name", "set") or len(op[2]) != 1:
        return None
    me = ("name", fn.facts.params[0].name) if fn.first_is_self else None
    parts = [ops[part] for part in made_of(ops, op[2][0])]
    own = {str(part[2]) for part in parts if part[0] == "attr" and ops[part[1]] == me}
    if any(name != attribute and attribute in name for name in own):
        return _BEFORE
    return _NOW if attribute in own or ("const", attribute) in parts else None


def _walks(fn: Fn, register: int, me: tuple[str, str], attribute: str) -> bool:
    """Whether a loop goes through ``self.attribute``, its items or keys."""
    ops = fn.facts.ops
    op = ops[register]
    while op[0] in ("call", "attr"):
        if op[0] == "attr" and op[2] == attribute and ops[op[1]] == me:
            return True
        op = ops[op[1]]
    return False
