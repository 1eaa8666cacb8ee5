"""Rows of a database that refuses to write what has changed since the transaction read it.

At PostgreSQL's levels "repeatable read" and "serializable" the second of two transactions that change a row
fails, and is run again or told to whoever asked.
"""

from __future__ import annotations

from collections.abc import Iterable

from rmwlint.program.program import Fn
from rmwlint.windows.values import Event


def isolated(fn: Fn, write: Event) -> bool:
    """Whether the project asks for such a level, and for transactions around what it does, where it connects
    to the database of a row; a row of no known class is of whichever database there is."""
    program = fn.module.program
    known = program.libraries.types
    kind = write.type
    names: Iterable[str] = known
    if kind is not None and kind.kind in ("instance", "library"):
        of = (kind.name,) if kind.kind == "library" else kind.ref.library_types()
        names = [one for name in of for one in program.libraries.lineage(name)]
    levels = {word for name in names for word in known[name].isolated_by}
    around = {model.atomic_when for model in known.values() if model.atomic_when}
    asking = {path for word in sorted(levels) for path in program.mentions(word, fn.module.path)}
    return bool(asking) and any(
        not asking.isdisjoint(program.mentions(word, fn.module.path)) for word in sorted(around)
    )
