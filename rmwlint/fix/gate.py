"""What must hold of a file's new text before it may be written.

The text parses; it uses no name that nothing binds; every comment is still there; the violations it was made
for are gone; no other has come. The engine itself says so, on the new text, with every check. A violation
that is only less sure now is not gone; a new one counts where it is sure enough to be shown.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import symtable
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rmwlint.source.parse import Unparsable, parse
from rmwlint.source.text import decode
from rmwlint.violation import Confidence, Violation

#: What an import of the interpreter, or Python itself, binds without a statement.
_ALWAYS = frozenset([*dir(builtins), "__file__", "__path__", "__builtins__", "__class__", "__annotations__"])


def refused(
    before: bytes,
    after: bytes,
    old: Sequence[Violation],
    new: Sequence[Violation],
    mended: Iterable[Violation],
    least: Confidence,
) -> str:
    """Why the text must not be written; empty where nothing speaks against it.

    ``old`` and ``new``: all violations of the file before and after; ``mended``: those that had to go;
    ``least``: how sure a violation must be to be shown.
    """
    try:
        parse(after)
    except Unparsable as error:
        return f"the result does not parse: {error}"
    loose = unbound(after) - unbound(before)
    if loose:
        return f"the result uses `{min(loose)}`, which nothing binds"
    lost = lost_comment(decode(before), decode(after))
    if lost:
        return f"the comment `{lost}` would be lost"
    gone = Counter(_kind(violation) for violation in mended)
    allowed = Counter(_kind(violation) for violation in old)
    shown = Counter(_kind(violation) for violation in old if violation.confidence >= least)
    for kind, count in Counter(_kind(violation) for violation in new).items():
        if kind in gone and count > allowed[kind] - gone[kind]:
            return f"{kind[0]} would still be there"
    for kind, count in Counter(_kind(one) for one in new if one.confidence >= least).items():
        if count > shown[kind]:
            return f"{kind[0]} would be new"
    return ""


def _kind(violation: Violation) -> tuple[str, str]:
    return violation.code, violation.function


def lost_comment(before: str, after: str) -> str:
    """A comment that is in the one text and not in the other; empty where all are."""
    gone = Counter(_commented(before))
    gone.subtract(_commented(after))
    if not any(count > 0 for count in gone.values()):
        return ""  # no need to know where a string ends: the lines are all there
    missing = Counter(_comments(before))
    missing.subtract(_comments(after))
    return next((comment for comment, count in missing.items() if count > 0), "")


def _commented(text: str) -> Iterator[str]:
    return (line.strip() for line in text.split("\n") if "#" in line)


def _comments(text: str) -> list[str]:
    found = []
    with contextlib.suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                found.append(token.string.rstrip())
    return found


def unbound(data: bytes) -> frozenset[str]:
    """The names that a module uses and nothing in it binds, nor Python itself."""
    text = decode(data)
    try:
        top = symtable.symtable(text, "<text>", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    bound = {
        symbol.get_name()
        for symbol in top.get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    }
    used: set[str] = set()
    pending = [top]
    while pending:
        table = pending.pop()
        pending.extend(table.get_children())
        for symbol in table.get_symbols():
            if table is not top and symbol.is_declared_global() and symbol.is_assigned():
                bound.add(symbol.get_name())
            if symbol.is_referenced() and (table is top or symbol.is_global()):
                used.add(symbol.get_name())
    return frozenset(used - bound - _ALWAYS)
