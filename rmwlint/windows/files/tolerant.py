"""Readers that take half a file for none: what they cannot parse they catch, and go on without it."""

from __future__ import annotations

from rmwlint.libraries.index import snake
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.flow import in_handler, raising_blocks

_GARBLED = "files.Garbled"
_PARSER = "files.Parser"


def takes_half_for_none(fn: Fn, op: int) -> bool:
    """Whether an operation that reads a file stands under a handler that deals with what cannot be parsed, in
    a function that parses."""
    suggests = fn.module.program.libraries.receiver
    if not any(_PARSER in suggests(name) for name in fn.facts.names):
        return False
    blocks, ops = fn.facts.blocks, fn.facts.ops
    raising = raising_blocks(fn.facts)
    for first, last, _, handlers in blocks:
        if not first <= op < last:
            continue
        for handler in handlers:
            start, end, _, _ = blocks[handler]
            caught = [ops[at] for at in range(start, end) if ops[at][0] == "caught"]
            if handler not in raising and any(_catches(fn, one[1]) for one in caught):
                return True
    return False


def drops_garbled(fn: Fn) -> bool:
    """Whether a function removes a file where it has caught what a parser raises."""
    caught = [at for at, op in enumerate(fn.facts.ops) if op[0] == "caught" and _catches(fn, op[1])]
    return any(
        event.does == "delete" and any(event.op > at and in_handler(fn, at, event.op) for at in caught)
        for event in (heard(fn).events if caught else ())
    )


def _catches(fn: Fn, register: int | None) -> bool:
    """Whether an ``except`` clause catches what a parser raises, by the names that it gives."""
    if register is None:
        return True
    op = fn.facts.ops[register]
    if op[0] == "build":
        return any(_catches(fn, part) for part in op[2])
    suggests = fn.module.program.libraries.receiver
    return op[0] in ("attr", "name") and _GARBLED in suggests(snake(str(op[-1])))
