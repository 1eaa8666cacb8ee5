"""Whether what a method takes something out of is a container of Python's, or an object that guards itself.

``self.settings.remove(["a", "b"])`` looks like a list that loses an element. Where the same attribute is
asked for what no container of Python's offers (``self.settings.save()``), it is an object of a class that no
model knows; how it takes something out, only that class says. So is what takes keywords where no container
does (``User.query.get(name=name)``).
"""

from __future__ import annotations

from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque

from rmwlint.facts.model import Op
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.phases import ALONE
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
#: methods of containers that take keywords
_WITH_KEYWORDS = frozenset(["fromkeys", "move_to_end", "popitem", "setdefault", "sort", "subtract", "update"])


def of_other_class(fn: Fn, store: Event) -> bool:
    """Whether a store is a method's call on an attribute that is no container, as its other uses show."""
    ops = fn.facts.ops
    op = ops[store.op]
    if op[0] != "call" or ops[op[1]][0] != "attr":
        return False
    held = ops[ops[op[1]][1]]
    return held[0] == "attr" and _offers_more(fn, str(held[2]))


def _offers_more(fn: Fn, attribute: str) -> bool:
    """Whether a function of the module calls a method on the attribute that no container has, or with
    keywords that none takes."""
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
        if op[0] != "call" or ops[op[1]][0] != "attr":
            continue
        method = ops[op[1]][2]
        if method not in _OFFERED or (op[3] and method not in _WITH_KEYWORDS):
            held = ops[ops[op[1]][1]]
            if held[0] == "attr" and held[2] == attribute:
                return True
    return False


def takes_last(fn: Fn, store: Event) -> bool:
    """Whether a store takes an element, whichever it is, out of a container, and fails where there is none
    left: ``jobs.pop()``; and another function of the module does so too."""
    ops = fn.facts.ops
    if not _takes_any(ops, ops[store.op]):
        return False
    name = _held(ops, ops[store.op])
    return bool(name) and any(
        any(_takes_any(other.facts.ops, op) and _held(other.facts.ops, op) == name for op in other.facts.ops)
        for other in fn.module.functions()
        if other is not fn and other.facts.name not in ALONE and name in other.facts.names
    )


def _takes_any(ops: tuple[Op, ...], op: Op) -> bool:
    if op[0] != "call" or ops[op[1]][0] != "attr" or op[3]:
        return False
    method = ops[op[1]][2]
    if method in ("popleft", "popitem"):
        return True
    return bool(method == "pop" and (not op[2] or (len(op[2]) == 1 and ops[op[2][0]][0] == "const")))


def _held(ops: tuple[Op, ...], op: Op) -> str:
    held = ops[ops[op[1]][1]]
    return str(held[-1]) if held[0] in ("attr", "name") else ""
