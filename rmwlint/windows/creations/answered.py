"""Answers of a service whose text says that a thing is there already, and that are taken for an answer.

``if "already exist" in reply.text: return``: whoever asks for the thing a second time has what he wants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rmwlint.facts.operands import numbers_in
from rmwlint.libraries.index import snake
from rmwlint.program.program import Fn
from rmwlint.windows.flow import raising_blocks

_WORD = re.compile(r"\w+")
_ASKS = frozenset(["compare", "call", "bool", "unary"])
_NOT = (("not in",), ("!=",))


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


__all__ = ["takes_duplicate"]
