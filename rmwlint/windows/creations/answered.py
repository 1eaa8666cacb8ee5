"""Answers that say a thing is there already, and serve whoever asks for it.

``if "already exist" in reply.text: return``: whoever asks for the thing a second time has what he wants. So
has he who is answered that all is well (``return Response(…, 200)``), or is given what was found beside
something else (``return row, False``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rmwlint.facts.operands import numbers_in
from rmwlint.libraries.index import snake
from rmwlint.program.program import Fn
from rmwlint.windows.creations.decisions import made_of
from rmwlint.windows.flow import raising_blocks

_WORD = re.compile(r"\w+")
_ASKS = frozenset(["compare", "call", "bool", "unary"])
_NOT = (("not in",), ("!=",))
#: what an answer to a request says by its number: all is well
_NUMBERED = frozenset(["status", "status_code"])
_WELL = range(200, 300)
_NAMED_WELL = "HTTP_2"
#: beside what was found: it is not new
_NOT_NEW = (("const", False), ("const", None))


def takes_duplicate(fn: Fn) -> bool:
    """Whether a function looks for a text of duplicates in an answer, and goes on where it finds it."""
    known = fn.memo.get("takes_duplicate")
    if known is None:
        known = fn.memo["takes_duplicate"] = _takes(fn)
    return bool(known)


def _takes(fn: Fn) -> bool:
    texts = frozenset(_texts(fn))
    if not texts:
        return False
    raising = raising_blocks(fn.facts)
    ops = fn.facts.ops
    for _, last, successors, _ in fn.facts.blocks:
        if last and ops[last - 1][0] == "branch" and len(successors) == 2:
            outcome = _asked(fn, ops[last - 1][1], texts, True)
            if outcome is not None and successors[0 if outcome else 1] not in raising:
                return True
    return False


def _texts(fn: Fn) -> Iterator[int]:
    handled = fn.module.program.libraries.handled
    for number, op in enumerate(fn.facts.ops):
        if op[0] == "const" and isinstance(op[1], str) and " " in op[1].strip():
            if "duplicate" in handled(snake("_".join(_WORD.findall(op[1])))):
                yield number


def _asked(fn: Fn, register: int, texts: frozenset[int], sign: bool) -> bool | None:
    """What a condition comes to where the text is found; None where it does not ask for it."""
    op = fn.facts.ops[register]
    if op[0] not in _ASKS:
        return None
    if op[0] == "unary":
        return _asked(fn, op[2], texts, not sign) if op[1] == "not" else None
    if op[0] == "bool":
        found = (_asked(fn, part, texts, sign) for part in op[2])
        return next((one for one in found if one is not None), None)
    if texts.isdisjoint(numbers_in(op)):
        return None
    return sign if op[0] == "call" or op[1] not in _NOT else not sign


def answers_well(fn: Fn, register: int) -> bool:
    """Whether an answer to a request is made with a number that says that all is well."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] != "call":
        return False
    for given in (*op[2], *(value for keyword, value in op[3] if keyword in _NUMBERED)):
        kind, value = ops[given][0], ops[given][-1]
        if kind == "const" and type(value) is int and value in _WELL:
            return True
        if kind in ("attr", "name") and isinstance(value, str) and value.startswith(_NAMED_WELL):
            return True
    return False


def gives_found(fn: Fn, register: int, look: int) -> bool:
    """Whether what is returned is a row of several things, one of them made of what a look found. One that
    says no, or why, refuses."""
    ops = fn.facts.ops
    op = ops[register]
    if op[:2] != ("build", "tuple") or not op[2] or ops[op[2][0]][0] == "const":
        return False
    for part in op[2]:
        if ops[part][:2] == ("build", "fstring") or (ops[part][0] == "const" and ops[part] not in _NOT_NEW):
            return False
    return any(look in made_of(fn, part, register) for part in op[2])


__all__ = ["answers_well", "gives_found", "takes_duplicate"]
