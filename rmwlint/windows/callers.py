"""What the callers of a private function hold: a lock taken by all of them guards what it does."""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.quiet import heard

_DEEPEST = 3


def locked_by_callers(fn: Fn) -> bool:
    """Whether every call of a private or nested function, as far as its module shows, is made under a lock.

    Optimistic: a name with a leading underscore is called from its own module only.
    """
    known = fn.memo.get("locked_by_callers")
    if known is None:
        fn.memo["locked_by_callers"] = False
        known = fn.memo["locked_by_callers"] = _locked(fn, 0)
    return bool(known)


def _locked(fn: Fn, depth: int) -> bool:
    name = fn.facts.name
    nested = fn.parent is not None and fn.parent.index != 0 and fn.facts.owner is None
    if depth > _DEEPEST or not (nested or (name.startswith("_") and not name.endswith("__"))):
        return False
    calls = 0
    for caller in fn.module.functions():
        if caller is fn or name not in caller.facts.names:
            continue
        found = heard(caller)
        for number, call in link(caller).calls.items():
            if fn not in call.targets:
                continue
            calls += 1
            held = found.at_calls.get(number, ())
            if any(one.kind == "lock" and not one.fresh for one in held):
                continue
            if not _locked(caller, depth + 1):
                return False
    return calls > 0
