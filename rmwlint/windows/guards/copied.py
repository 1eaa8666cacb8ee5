"""Rows that are saved as another one: ``copy.pk = None``, then ``copy.save()``.

What was read is left as it is, and nobody else knows the copy before it is saved.
"""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.flow import always_before
from rmwlint.windows.guards.first_hand import sources
from rmwlint.windows.values import Event

_KEYS = frozenset(["pk", "id"])
_DEEPEST = 3


def copied(fn: Fn, write: Event) -> bool:
    """Whether the object that is saved has lost its key before, here or in the functions it came from."""
    call = link(fn).calls.get(write.op)
    if call is None or call.receiver is None or fn.facts.ops[call.receiver][0] != "name":
        return False
    return _copy(fn, call.receiver, write.op, _DEEPEST)


def _copy(fn: Fn, register: int, before: int, depth: int) -> bool:
    ops = fn.facts.ops
    given = list(sources(fn, register, before))
    kind = link(fn).types[register]
    keys = _KEYS | kind.ref.keys() if kind is not None and kind.kind == "instance" else _KEYS
    for number in range(max(given, default=0), before):
        op = ops[number]
        if op[0] == "setattr" and op[2] in keys and ops[op[1]] == ops[register]:
            if ops[op[3]] == ("const", None) and always_before(fn, number, before):
                return True
    return depth > 0 and bool(given) and all(_gives_copy(fn, source, depth - 1) for source in given)


def _gives_copy(fn: Fn, register: int, depth: int) -> bool:
    """Whether a function of the project was called, which returns nothing but a copy."""
    call = link(fn).calls.get(register)
    if call is None or len(call.targets) != 1:
        return False
    target = call.targets[0]
    ops = target.facts.ops
    returned = [(number, op[1]) for number, op in enumerate(ops) if op[0] == "return" and op[1] is not None]
    return bool(returned) and all(
        ops[register][0] == "name" and _copy(target, register, number, depth) for number, register in returned
    )
