"""Whether what a method takes something out of is a container of Python's, or an object that guards itself.

``self.settings.remove(["a", "b"])`` looks like a list that loses an element. Where the same attribute is
asked for what no container of Python's offers (``self.settings.save()``), it is an object of a class that no
model knows; how it takes something out, only that class says.
"""

from __future__ import annotations

from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque

from rmwlint.facts.model import Op
from rmwlint.program.program import Fn
from rmwlint.windows.values import Event

_OFFERED = frozenset(
    name
    for kind in (
        dict,
        list,
        set,
        bytearray,
        deque,
        OrderedDict,
        Counter,
        ChainMap,
        defaultdict,
        UserDict,
        UserList,
    )
    for name in dir(kind)
)


def of_other_class(fn: Fn, store: Event) -> bool:
    """Whether a store is a method's call on an attribute that is no container, as its other uses show."""
    ops = fn.facts.ops
    op = ops[store.op]
    if op[0] != "call" or ops[op[1]][0] != "attr":
        return False
    held = ops[ops[op[1]][1]]
    return held[0] == "attr" and _offers_more(fn, str(held[2]))


def _offers_more(fn: Fn, attribute: str) -> bool:
    """Whether a function of the module calls a method on the attribute that no container has."""
    key = f"offers_more {attribute}"
    memo = fn.module.fn(0).memo
    known = memo.get(key)
    if known is None:
        known = memo[key] = any(
            attribute in other.facts.names and _calls_other(other.facts.ops, attribute)
            for other in fn.module.functions()
        )
    return bool(known)


def _calls_other(ops: tuple[Op, ...], attribute: str) -> bool:
    for op in ops:
        if op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] not in _OFFERED:
            held = ops[ops[op[1]][1]]
            if held[0] == "attr" and held[2] == attribute:
                return True
    return False
