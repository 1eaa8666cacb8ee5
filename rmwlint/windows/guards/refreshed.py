"""Values that are fetched anew because the one that is there has expired: a token, a cached answer.

Two that both find it expired both fetch one, and whichever is kept is good.
"""

from __future__ import annotations

from rmwlint.facts.operands import made_of
from rmwlint.program.program import Fn
from rmwlint.windows.values import Value

_AGED = "naming.Aged"
_ANSWERS = frozenset(["call", "outcome"])


def refreshed(fn: Fn, branch: int, written: Value) -> bool:
    """Whether the condition of a branch asks if something has expired, and what is written then is what a
    call gives."""
    ops = fn.facts.ops
    symbol = written.symbol
    called = symbol[0] == "op" and isinstance(symbol[1], int) and ops[symbol[1]][0] == "call"
    if ops[branch][0] != "branch" or not (called or symbol[0] in _ANSWERS):
        return False
    suggests = fn.module.program.libraries.receiver
    return any(
        ops[part][0] == "attr" and _AGED in suggests(ops[part][2]) for part in made_of(ops, ops[branch][1])
    )
