"""Conditions that ask who is running: ``self.owner == threading.current_thread()``.

Nobody else can make that true or false for this thread, so what it decides is not decided by others.
"""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn

_ACTOR = "threads.Actor"


def asks_who(fn: Fn, branch: int) -> bool:
    """Whether the condition of a branch compares something with the thread or task that runs."""
    ops, types = fn.facts.ops, link(fn).types
    pending = [ops[branch][1]]
    while pending:
        op = ops[pending.pop()]
        if op[0] == "bool":
            pending += op[2]
        elif op[0] == "unary":
            pending.append(op[2])
        elif op[0] == "compare":
            kinds = [types[register] for register in op[2]]
            if any(kind is not None and kind.kind == "library" and kind.name == _ACTOR for kind in kinds):
                return True
    return False
