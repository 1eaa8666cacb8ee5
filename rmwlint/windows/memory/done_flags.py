"""Flags that say that something has been done: tested, the work done, and set.

``if self._loaded: return``, then ``self._load()`` and ``self._loaded = True``: two that find it unset do the
work twice; where it is set first, the second one goes on with what the first one has not finished yet. Such a
flag is known by its name, or by what it announces: ``_asked = True``, then ``_answer = ask()``, which
whoever finds the flag set takes as it is.
"""

from __future__ import annotations

from rmwlint.facts.operands import dropped
from rmwlint.program.link import link
from rmwlint.program.logs import writes_to_log
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.find import Window
from rmwlint.windows.flow import reaches
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
    if _announces(fn, window.branch, window.outcome, store):
        return True
    name = str(op[2] if op[0] == "setattr" else op[1])
    verb = stem(name)
    if not verb or verb.startswith(_TELLS):
        return False
    return any(_decided(fn, number, window.branch) and works(fn, number) for number in link(fn).calls)


def _announces(fn: Fn, branch: int, outcome: bool, store: Event) -> bool:
    """Whether something else is only made and kept after the flag is set, which those use who find it set."""
    ops = fn.facts.ops
    own = store.place.symbol if store.place is not None else None
    events = [event for event in heard(fn).events if event.place is not None and not event.trail]
    for later in events:
        symbol = later.place.symbol if later.place is not None else None
        if later.does != "store" or symbol == own or ops[later.op][0] not in ("setattr", "store"):
            continue
        if ops[ops[later.op][-1]][0] in ("const", "name") or not reaches(fn, store.op, later.op):
            continue
        if reaches(fn, later.op, store.op) or all(_slight(fn, n) for n in _called(fn, store.op, later.op)):
            continue
        if any(_taken(event, branch, outcome, later.op) for event in events if _loads(event, symbol)):
            return True
    return False


def _called(fn: Fn, first: int, last: int) -> list[int]:
    return [number for number in link(fn).calls if first < number < last]


def _loads(event: Event, symbol: object) -> bool:
    return event.does == "load" and event.place is not None and event.place.symbol == symbol


def _taken(load: Event, branch: int, outcome: bool, made: int) -> bool:
    """Whether a load happens where the flag is found set: only there, or whatever is the case."""
    decided = [way for _, by, way in load.control if by == branch]
    return outcome not in decided and (bool(decided) or load.op > made)


def _decided(fn: Fn, number: int, branch: int) -> bool:
    return any(by == branch for _, by, _ in analysis(fn).control_at.get(number, ()))


def works(fn: Fn, number: int) -> bool:
    """Whether a call does something: it is of the program, or nobody takes what it gives, or that is kept."""
    if _slight(fn, number):
        return False
    ops = fn.facts.ops
    kept = any(op[0] == "setattr" and op[3] == number for op in ops)
    return kept or bool(link(fn).calls[number].targets) or number in dropped(ops)


def _slight(fn: Fn, number: int) -> bool:
    """Whether a call takes no time: it computes or makes something, or writes to the log."""
    call = link(fn).calls[number]
    slight = bool(call.rows) and all(row.does in _SLIGHT for row in call.rows)
    return slight or call.cls is not None or writes_to_log(fn, number)
