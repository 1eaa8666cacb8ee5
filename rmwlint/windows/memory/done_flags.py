"""Flags that say that something has been done: tested, the work done, and set.

``if self._loaded: return``, then ``self._load()`` and ``self._loaded = True``: two that find it unset do the
work twice; where it is set first, the second one goes on with what the first one has not finished yet.
"""

from __future__ import annotations

from rmwlint.facts.operands import dropped
from rmwlint.program.link import link
from rmwlint.program.logs import writes_to_log
from rmwlint.program.program import Fn
from rmwlint.windows.find import Window
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.interpreter.presence import found_there
from rmwlint.windows.memory.setups import stem
from rmwlint.windows.values import Event

_SLIGHT = frozenset(["pure", "mutate", "lock", "proxy"])

#: what harms nobody when it is said twice
_TELLS = ("warn", "log", "report", "show", "announc", "print", "notif", "alert")


def done_flag(fn: Fn, window: Window, store: Event) -> bool:
    """Whether a store sets such a flag, by its name, and the test of it decides that work is done."""
    read = window.read
    op = fn.facts.ops[store.op]
    if read is None or window.branch is None or window.write.trail or op[0] not in ("setattr", "store"):
        return False
    if fn.facts.ops[op[-1]] != ("const", True):
        return False
    if found_there(fn.facts, window.branch, window.outcome, read.op) is not False:
        return False
    name = str(op[2] if op[0] == "setattr" else op[1])
    verb = stem(name)
    if not verb or verb.startswith(_TELLS):
        return False
    return any(_decided(fn, number, window.branch) and works(fn, number) for number in link(fn).calls)


def _decided(fn: Fn, number: int, branch: int) -> bool:
    return any(by == branch for _, by, _ in analysis(fn).control_at.get(number, ()))


def works(fn: Fn, number: int) -> bool:
    """Whether a call does something: it is of the program, or nobody takes what it gives, or that is kept."""
    call = link(fn).calls[number]
    slight = bool(call.rows) and all(row.does in _SLIGHT for row in call.rows)
    if slight or call.cls is not None or writes_to_log(fn, number):
        return False
    ops = fn.facts.ops
    kept = any(op[0] == "setattr" and op[3] == number for op in ops)
    return kept or bool(call.targets) or number in dropped(ops)
