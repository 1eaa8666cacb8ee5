"""Writes that belong to the first save of a row: nobody else knows it yet.

``new = not self.pk``, then ``super().save()``, and ``if new: … self.save()`` once more, which takes a key.
"""

from __future__ import annotations

from rmwlint.program.program import Fn
from rmwlint.windows.values import Event

_KEYS = frozenset(["pk", "id"])


def of_first_save(fn: Fn, write: Event) -> bool:
    """Whether a write of a method's own object happens only where that had no key when the method began."""
    place = write.place
    if place is None or place.symbol != ("param", 0) or not fn.first_is_self or not write.control:
        return False
    cls = fn.owner
    keys = _KEYS if cls is None else _KEYS | cls.keys()
    ops = fn.facts.ops
    return any(
        ops[branch][0] == "branch" and _new(fn, ops[branch][1], outcome, keys, 0)
        for branch, outcome in {(branch, outcome) for _, branch, outcome in write.control}
    )


def _new(fn: Fn, register: int, outcome: bool, keys: frozenset[str], depth: int) -> bool:
    """Whether the outcome of a condition says that the object has no key."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "unary" and op[1] == "not":
        return _new(fn, op[2], not outcome, keys, depth)
    if op[0] == "bool":
        return (op[1] == "and") is outcome and any(_new(fn, part, outcome, keys, depth) for part in op[2])
    if op[0] == "compare" and op[1] in (("is",), ("is not",), ("==",), ("!=",)):
        none = ops[op[2][1]] == ("const", None)
        return none and outcome is (op[1][0] in ("is", "==")) and _is_key(fn, op[2][0], keys)
    if op[0] == "attr" and op[2] == "adding":
        return outcome
    if op[0] == "call" and ops[op[1]] == ("name", "bool") and len(op[2]) == 1:
        return _new(fn, op[2][0], outcome, keys, depth)
    if op[0] == "name":
        given = [other[2] for other in ops if other[0] == "store" and other[1] == op[1]]
        return len(given) == 1 and given[0] < register and not depth and _new(fn, given[0], outcome, keys, 1)
    return not outcome and _is_key(fn, register, keys)


def _is_key(fn: Fn, register: int, keys: frozenset[str]) -> bool:
    op = fn.facts.ops[register]
    return bool(
        op[0] == "attr" and op[2] in keys and fn.facts.ops[op[1]] == ("name", fn.facts.params[0].name)
    )
