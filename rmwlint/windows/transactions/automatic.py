"""Transactions that nobody opens: the first statement begins one, and it lasts until the function commits.

Sessions and connections do this unless they are told to commit by themselves. Only what takes row locks
counts as the beginning, and only a function that commits itself is known to have such a transaction.
"""

from __future__ import annotations

from rmwlint.libraries.model import CallModel
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.flow import passes
from rmwlint.windows.text import text
from rmwlint.windows.values import Held

#: How sure it is that a transaction which nothing began is open.
SURE = 2
_ENDS = frozenset(["commit", "rollback", "close"])
_STATEMENTS = frozenset(["write", "swap", "delta", "delete", "create", "ensure"])


def begun_by_itself(fn: Fn, number: int) -> Held | None:
    """The transaction around an operation that a statement before it began and a commit after it ends."""
    spans = _spans(fn)
    if not spans:
        return None
    begins, ends = spans
    for begin, library in begins:
        if begin >= number or not any(
            end > number and does == "commit" and one == library and passes(fn, begin, number, end)
            for end, does, one in ends
        ):
            continue
        if not any(
            begin < end < number and one == library and passes(fn, begin, end, number) for end, _, one in ends
        ):
            return Held(begin, "transaction", None, "row", text(fn.facts, begin), sure=SURE)
    return None


_Spans = tuple[tuple[tuple[int, str], ...], tuple[tuple[int, str, str], ...]]


def _spans(fn: Fn) -> _Spans | None:
    """The statements that may begin a transaction, and the calls that end one, each with its library."""
    found = fn.memo.get("automatic", 0)
    if found == 0:
        found = fn.memo["automatic"] = _find(fn)
    return found  # type: ignore[return-value]


def _find(fn: Fn) -> _Spans | None:
    events = heard(fn).events
    if not any(event.does == "commit" for event in events):
        return None
    ends = tuple(
        (event.op, event.does, event.row.library)
        for event in events
        if event.does in _ENDS and event.row is not None
    )
    begins = {
        (event.op, event.row.library)
        for event in events
        if event.row is not None and not event.trail and _states(event.does, event.row, event.locked)
    }
    for number, call in link(fn).calls.items():
        begins.update((number, row.library) for row in call.rows if row.does == "flush")
    return tuple(sorted(begins)), ends


def _states(does: str, row: CallModel, locked: bool) -> bool:
    """Whether a statement that takes row locks is sent; what is added to a session waits for the flush."""
    if does == "read":
        return locked
    return does in _STATEMENTS and (row.at is None or not row.at.startswith("arg"))
