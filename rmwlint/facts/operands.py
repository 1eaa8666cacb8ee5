"""The registers that an operation takes, whatever its kind, and where a name got its value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rmwlint.facts.model import Op


def numbers_in(op: Op) -> Iterator[int]:
    """Every number in an operation's operands, those in nested tuples too; no truth values.

    Of most kinds these are its registers. Kinds that hold other numbers are for the caller to know.
    """
    pending = list(op[1:])
    while pending:
        part = pending.pop()
        if isinstance(part, tuple):
            pending.extend(part)
        elif isinstance(part, int) and not isinstance(part, bool):
            yield part


def last_store(ops: Sequence[Op], name: str, before: int) -> int:
    """The last operation above ``before`` that stores something under a name; -1 where there is none."""
    return next((at for at in range(before - 1, -1, -1) if ops[at][:2] == ("store", name)), -1)
