"""The registers that an operation takes, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterator

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
