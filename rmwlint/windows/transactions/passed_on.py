"""Tasks that send themselves on: the next batch of a job, told only where to go on.

Such a message does not depend on the transaction that it is sent in where the task reads none of the tables
that the transaction has written: the next one finds what it needs, committed or not.
"""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.transactions.writes import written_below

_READS = frozenset(["read", "test", "refresh"])
_WRITES = frozenset(["write", "swap", "delta", "create", "ensure", "delete", "replace"])
_ROWS = frozenset(["row", "rows"])


def sent_on(fn: Fn, number: int) -> bool:
    """Whether a function sends itself by an operation, and reads no table that it writes."""
    if not _sends_itself(fn, number) or written_below(fn, number):
        return False
    read = _tables(fn, _READS)
    written = _tables(fn, _WRITES)
    return bool(read) and bool(written) and "" not in read | written and read.isdisjoint(written)


def _sends_itself(fn: Fn, number: int) -> bool:
    """Whether what a message is sent to is the function that sends it, by its name in its module."""
    call = link(fn).calls.get(number)
    if call is None or call.receiver is None:
        return False
    name = fn.facts.name
    facts = fn.module.facts
    return (
        fn.facts.ops[call.receiver] == ("name", name)
        and facts.defs.get(name) == fn.index
        and name not in fn.facts.locals
    )


def _tables(fn: Fn, does: frozenset[str]) -> set[str]:
    """The tables of rows that a function itself does this to; an empty name where one is not known."""
    return {
        event.place.what
        for event in heard(fn).events
        if event.does in does and event.place is not None and event.place.kind in _ROWS
    }
