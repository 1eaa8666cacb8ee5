"""Conditions that others do not decide.

Who is running (``self.owner == threading.current_thread()``): nobody else can make that true or false for
this thread. Whether an entry is that of the running thread alone. Whether a place holds already what is then
put there (``if self.owner != owner: … self.owner = owner``): put there again, it is the same.
"""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn

_ACTOR = "threads.Actor"
_DIFFERS = (("!=",), ("is not",))
_SAME = (("==",), ("is",))


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


def under_own_name(fn: Fn, number: int) -> bool:
    """Whether an operation puts or takes the entry of the thread or task that runs."""
    op = fn.facts.ops[number]
    if op[0] in ("setitem", "delitem"):
        key = op[2]
    elif op[0] == "call" and op[2] and fn.facts.ops[op[1]][0] == "attr":
        key = op[2][0]
    else:
        return False
    kind = link(fn).types[key]
    return kind is not None and kind.kind == "library" and kind.name == _ACTOR


def puts_what_it_compares(fn: Fn, branch: int, outcome: bool, read: int, write: int) -> bool:
    """Whether the condition of a branch asks if what is read differs from what is then stored, a variable."""
    differs = _DIFFERS if outcome else _SAME
    ops = fn.facts.ops
    stored = ops[ops[write][-1]] if ops[write][0] in ("setattr", "store") else ("",)
    if stored[0] != "name" or sum(op[0] == "store" and op[1] == stored[1] for op in ops) > 1:
        return False
    pending = [ops[branch][1]]
    while pending:
        op = ops[pending.pop()]
        if op[0] == "bool" and op[1] == "or":
            pending += op[2]
        elif op[0] == "compare" and op[1] in differs and read in op[2]:
            return any(ops[register] == stored for register in op[2])
    return False
