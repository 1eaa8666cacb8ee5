"""The statements from a read to a write, put into a ``with`` of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import libcst as cst

from rmwlint.fix.change import Left, Replacement, replaced
from rmwlint.fix.source import Source


def from_to(source: Source, read: cst.CSTNode, write: cst.CSTNode) -> tuple[cst.BaseStatement, ...]:
    """The statements of the innermost block that holds both, from the one to the other; none where no block
    does."""
    block = next(
        (
            above
            for above in source.ancestors(read)
            if isinstance(above, cst.IndentedBlock) and source.inside(write, above)
        ),
        None,
    )
    if block is None:
        return ()
    body = list(block.body)
    first = next(number for number, one in enumerate(body) if source.inside(read, one))
    last = next(number for number, one in enumerate(body) if source.inside(write, one))
    return tuple(body[first : last + 1])


def catches_database_errors(source: Source, read: cst.CSTNode, write: cst.CSTNode) -> bool:
    """Whether a handler from the one to the other goes on after an error that breaks a transaction."""
    return any(
        handler.type is not None
        and any(name in source.code(handler.type) for name in ("IntegrityError", "DatabaseError"))
        for statement in from_to(source, read, write)
        for handler in source.within(statement, cst.ExceptHandler)
    )


def wrapped(
    source: Source,
    read: cst.CSTNode,
    write: cst.CSTNode,
    context: str,
    inner: Mapping[cst.CSTNode, Any],
    first: tuple[cst.BaseStatement, ...] = (),
) -> dict[cst.CSTNode, Replacement] | Left:
    """The statements from the read to the write in ``with context:``, with ``inner`` replaced in them.

    ``first``: statements to run before them, inside.
    """
    taken = from_to(source, read, write)
    if not taken:
        return Left("read and write are not in one block")
    for statement in taken:
        for _ in source.within(statement, cst.Yield):
            return Left("it would be held over a `yield`")
    new = [replaced(statement, inner) for statement in taken]
    leading = new[0].leading_lines
    new[0] = new[0].with_changes(leading_lines=[])
    item: Any = cst.parse_statement(f"with {context}:\n    pass")
    block = source.block(taken[0])
    indent = block.indent if isinstance(block, cst.IndentedBlock) else None
    around = item.with_changes(body=cst.IndentedBlock([*first, *new], indent=indent), leading_lines=leading)
    table: dict[cst.CSTNode, Replacement] = {taken[0]: around}
    table.update(dict.fromkeys(taken[1:], cst.RemoveFromParent()))
    return table
