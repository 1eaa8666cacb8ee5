"""The flags with which a file is opened by its descriptor, as POSIX names them."""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.values import Event

_MAKES = "O_CREAT"
_MINDS = frozenset(["O_EXCL", "O_TRUNC"])


def opens_what_is_there(fn: Fn, event: Event) -> bool:
    """Whether an event makes a file by flags that say to open one that is there, and not to empty it."""
    where, number = event.trail[-1] if event.trail else (fn, event.op)
    call = link(where).calls.get(number)
    op = where.facts.ops[number]
    if call is None or op[0] != "call" or event.row is None or event.row not in call.rows:
        return False
    flags = _flags(where, number)
    return flags is not None and _MAKES in flags and not flags & _MINDS


def _flags(fn: Fn, number: int) -> frozenset[str] | None:
    """The names joined in the second argument of a call, None where it is made of more than names."""
    ops = fn.facts.ops
    op = ops[number]
    pending = list(op[2][1:2]) + [register for keyword, register in op[3] if keyword == "flags"]
    found: set[str] = set()
    # a name that is added to refers to itself
    seen: set[int] = set()
    while pending:
        register = pending.pop()
        if register in seen:
            continue
        seen.add(register)
        given = ops[register]
        if given[0] == "attr":
            found.add(given[2])
        elif given[0] in ("binop", "inplace") and given[1].rstrip("=") == "|":
            pending += given[2:4]
        elif given[0] == "name":
            stored = [other[2] for other in ops[:number] if other[:2] == ("store", given[1])]
            if not stored or register in stored:
                found.add(given[1])
            pending += [one for one in stored if one != register]
        else:
            return None
    return frozenset(found)
