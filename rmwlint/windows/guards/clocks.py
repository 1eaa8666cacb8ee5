"""Conditions that look at the clock: ``if time.monotonic() < deadline``."""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn

_CLOCK = "naming.Clock"


def in_time(fn: Fn, number: int) -> bool:
    """Whether an operation happens right where the time has been compared with another."""
    ops, blocks = fn.facts.ops, fn.facts.blocks
    for _, last, successors, _ in blocks:
        if last and ops[last - 1][0] == "branch" and len(successors) == 2:
            first, end, _, _ = blocks[successors[0]]
            if first <= number < end and _of_time(fn, ops[last - 1][1]):
                return True
    return False


def tells_time(fn: Fn, register: int) -> bool:
    """Whether a register holds what a call has said of the time."""
    call = link(fn).calls.get(register)
    suggests = fn.module.program.libraries.receiver
    return call is not None and _CLOCK in suggests(call.qualified.replace(".", "_") or call.name)


def _of_time(fn: Fn, register: int) -> bool:
    ops = fn.facts.ops
    pending = [register]
    while pending:
        op = ops[pending.pop()]
        if op[0] == "bool":
            pending += op[2]
        elif op[0] == "compare":
            if any(tells_time(fn, part) for part in op[2]):
                return True
    return False
