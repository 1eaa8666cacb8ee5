"""Rows that one actor has for itself, as far as their class or their holder says.

``with Report(...) as report``: a row that is itself a context manager is made or taken for the block, and is
the block's until that ends. And a row that an object keeps, for what a timer has it do over and over, is the
one by which this process says that it is alive.
"""

from __future__ import annotations

from rmwlint.program.calling import call_sites, handed_over, kept_for_check
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.spawning import periodic
from rmwlint.windows.values import Event

_ENTERS = ("__enter__", "__aenter__")


def of_one_block(fn: Fn, write: Event) -> bool:
    """Whether the row that is written came in, and is of a class of the project whose objects are context
    managers, or is kept by the object of periodic tasks which alone have it written."""
    symbol = write.place.symbol if write.place is not None else None
    if not isinstance(symbol, tuple) or symbol[0] != "param":
        return False
    kind = write.type
    if kind is not None and kind.kind == "instance" and any(kind.ref.method(name) for name in _ENTERS):
        return True
    itself = symbol[1] == 0 and fn.first_is_self
    return itself and kept_for_check(fn, "kept_by_timer", lambda: _kept_by_timer(fn))


def _kept_by_timer(fn: Fn) -> bool:
    sites = call_sites(fn)
    return bool(sites) and not handed_over(fn) and all(_by_timer(caller, number) for caller, number in sites)


def _by_timer(caller: Fn, number: int) -> bool:
    """Whether a call is made by a periodic task, on what an attribute of the task's object holds."""
    receiver = link(caller).calls[number].receiver
    if receiver is None or not periodic(caller):
        return False
    op = caller.facts.ops[receiver]
    return bool(op[0] == "attr" and caller.is_self(op[1]))
