"""What must hold of a file's new text before it may be written.

The text parses; it uses no name that nothing binds; the violations it was made for are gone; no other has
come. The engine itself says so, on the new text, with every check that the run shows.
"""

from __future__ import annotations

import builtins
import symtable
from collections import Counter
from collections.abc import Iterable, Sequence

from rmwlint.source.parse import Unparsable, parse
from rmwlint.source.text import decode
from rmwlint.violation import Violation

#: What an import of the interpreter, or Python itself, binds without a statement.
_ALWAYS = frozenset([*dir(builtins), "__file__", "__path__", "__builtins__", "__class__", "__annotations__"])


def refused(
    before: bytes,
    after: bytes,
    old: Sequence[Violation],
    new: Sequence[Violation],
    mended: Iterable[Violation],
) -> str:
    """Why the text must not be written; empty where nothing speaks against it.

    ``old`` and ``new``: all violations of the file before and after; ``mended``: those that had to go.
    """
    try:
        parse(after)
    except Unparsable as error:
        return f"the result does not parse: {error}"
    loose = unbound(after) - unbound(before)
    if loose:
        return f"the result uses `{min(loose)}`, which nothing binds"
    allowed = Counter(_kind(violation) for violation in old)
    allowed.subtract(Counter(_kind(violation) for violation in mended))
    for kind, count in Counter(_kind(violation) for violation in new).items():
        if count > allowed[kind]:
            code = kind[0]
            if any(_kind(violation) == kind for violation in mended):
                return f"{code} would still be there"
            return f"{code} would be new"
    return ""


def _kind(violation: Violation) -> tuple[str, str]:
    return violation.code, violation.function


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
