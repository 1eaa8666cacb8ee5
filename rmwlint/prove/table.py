"""Check × library × fix × what it promises × what has been executed, as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.check import Check, registry
from rmwlint.fix.rewrites import rewrites_of
from rmwlint.prove.executed import EXECUTED, Executed

_HEADINGS = ("check", "library", "fix", "safe where", "unsafe because", "executed")


def table() -> str:
    """The table; one row a fix of a check, and one for what is mended by hand."""
    rows = [cells for check in registry().values() for cells in _rows(check)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (_HEADINGS, ("---",) * len(_HEADINGS), *rows))


def _rows(check: Check) -> Iterator[tuple[str, ...]]:
    executed = [row for row in EXECUTED if row.code == check.code]
    name = f"{check.code} {check.name}"
    listed = rewrites_of(check.code)
    for rewrite in listed:
        done = [row for row in executed if rewrite.name in row.rewrites]
        yield (
            name,
            rewrite.library,
            rewrite.does,
            rewrite.safe,
            rewrite.unsafe,
            _told(done, "bad, good, fixed"),
        )
    by_hand = [row for row in executed if not row.rewrites]
    if by_hand or not listed:
        yield name, "", "by hand", "", "", _told(by_hand, "bad, good")


def _told(rows: list[Executed], what: str) -> str:
    """Where examples are executed; a dash where none is."""
    return "; ".join(dict.fromkeys(f"{row.library} on {row.on}: {what}" for row in rows)) or "–"
