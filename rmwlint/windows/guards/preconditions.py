"""Requests that say which version of a resource they change, and are refused where that is an old one.

``If-Match`` closes the long window, from what the client was shown to what it sends. The short one, from this
look at the row to the write, stays open; whoever checks the header has thought of others, and both that pass
have been shown the same.
"""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn

_PRECONDITION = "naming.Precondition"
_LONGEST = 24


def preconditioned(fn: Fn) -> bool:
    """Whether the function, or one that it calls, asks for the header by which a client names a version."""
    known = fn.memo.get("preconditioned")
    if known is None:
        known = fn.memo["preconditioned"] = _asks(fn) or any(
            _asks(target) for call in link(fn).calls.values() for target in call.targets
        )
    return bool(known)


def _asks(fn: Fn) -> bool:
    known = fn.memo.get("asks_precondition")
    if known is None:
        suggests = fn.module.program.libraries.receiver
        words = {op[1] for op in fn.facts.ops if op[0] == "const" and isinstance(op[1], str)}
        known = fn.memo["asks_precondition"] = any(
            _PRECONDITION in suggests(word.replace("-", "_")) for word in words if len(word) <= _LONGEST
        )
    return bool(known)
