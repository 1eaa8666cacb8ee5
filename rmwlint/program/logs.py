"""Which calls write to a log: they change nothing that anybody decides on."""

from __future__ import annotations

from rmwlint.program.program import Fn

_LOG = "naming.Log"


def writes_to_log(fn: Fn, number: int) -> bool:
    """Whether the call at operation ``number`` is of a method of what is named as a log."""
    ops = fn.facts.ops
    callee = ops[ops[number][1]]
    if callee[0] != "attr" or ops[callee[1]][0] not in ("name", "attr"):
        return False
    return _LOG in fn.module.program.libraries.receiver(str(ops[callee[1]][-1]).lower())


__all__ = ["writes_to_log"]
