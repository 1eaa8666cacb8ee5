"""Objects that are asked whether they are set up, and are then told to set themselves up.

``if not store.is_configured: store.configure(…)``: two threads can both hear that it is not, and both
configure it; or the second one hears that it is while the first one is still at work. The words of the flag
and of the method have one stem, and one class offers both.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.modules import around_concurrency
from rmwlint.windows.concurrency.phases import prepares
from rmwlint.windows.concurrency.sharing import method_around, shared_class, unshared_class
from rmwlint.windows.flow import reaches
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.memory.apart import stays_clear
from rmwlint.windows.memory.locksets import takes_lock
from rmwlint.windows.memory.meeting import nobody_meets
from rmwlint.windows.text import text

#: what a flag may begin with besides its stem
_ASKS = ("is_", "has_", "was_", "been_", "already_")
#: endings that make a flag of a verb, the longest first
_DONE = ("ialized", "ialised", "ured", "ected", "ered", "ated", "ed")
_RESULTS = {
    "ialized": "ial",
    "ialised": "ial",
    "ured": "ur",
    "ected": "ect",
    "ered": "er",
    "ated": "at",
    "ed": "",
}
#: verbs that can be done twice with no harm, or that guard themselves
_HARMLESS = ("clos", "lock", "stopp", "cancel", "finish", "expir", "delet", "need", "us", "chang", "allow")
#: verbs that set nothing up: they end something, or hold it up
_ENDS = ("complet", "fulfil", "terminat", "paus", "resum", "finali", "flush", "kill", "releas", "abort")
#: verbs whose methods are called otherwise
_ALSO = {"initial": ("setup", "set_up", "init", "load"), "configur": ("setup", "set_up", "load")}


class Setup(NamedTuple):
    """``asked``: the operation that loads the flag, ``act``: the call. ``text``: the object as written.
    ``flag`` and ``method``: their names. ``raised``: where the callee sets the flag before it is done, or at
    all, None where that cannot be told. ``sure``: how sure it is that others run at the same time."""

    asked: int
    act: int
    text: str
    flag: str
    method: str
    raised: tuple[Fn, int] | None
    sure: int


def setups(fn: Fn) -> Iterator[Setup]:
    """The places where a function sets up an object because a flag says that nobody has."""
    ops = fn.facts.ops
    if fn.index == 0 or fn.facts.is_async or (prepares(fn) and fn.facts.name != "__init__"):
        return
    flags = {name: verb for name in fn.facts.names if (verb := stem(name))}
    if not flags:
        return
    for number, (_, last, successors, _) in enumerate(fn.facts.blocks):
        if last == 0 or ops[last - 1][0] != "branch" or len(successors) != 2:
            continue
        for asked, holder, flag, absent in _asked(fn, ops[last - 1][1], True):
            if flag not in flags:
                continue
            way, other = successors if absent else successors[::-1]
            found = _act(fn, asked, holder, flag, flags[flag], (way, other), number)
            if found is not None:
                yield found


def _asked(fn: Fn, register: int, sign: bool) -> Iterator[tuple[int, int, str, bool]]:
    """(operation, object, flag, whether a true condition says that it is not set) of what is asked."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "unary" and op[1] == "not":
        yield from _asked(fn, op[2], not sign)
    elif op[0] == "bool":
        for part in op[2]:
            yield from _asked(fn, part, sign)
    elif op[0] == "call" and ops[op[1]][0] == "attr":
        yield register, ops[op[1]][1], ops[op[1]][2], not sign
    elif op[0] == "attr":
        yield register, op[1], op[2], not sign


@lru_cache(maxsize=1 << 15)
def stem(name: str) -> str:
    """``configur`` of ``is_configured``; empty where the name is no flag of something done."""
    word = name.lstrip("_").lower()
    for start in _ASKS:
        word = word.removeprefix(start)
    for ending in _DONE:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            found = word[: -len(ending)] + _RESULTS[ending]
            return "" if found.startswith((*_HARMLESS, *_ENDS)) or "_" in found else found
    return ""


def _act(
    fn: Fn, asked: int, holder: int, flag: str, verb: str, ways: tuple[int, int], branch: int
) -> Setup | None:
    ops = fn.facts.ops
    written = text(fn.facts, holder)
    if not _outlives(fn, holder):
        return None
    starts = [fn.facts.blocks[way][0] for way in ways]
    verbs = (verb, *_ALSO.get(verb, ()))
    for number in range(asked + 1, len(ops)):
        op = ops[number]
        if op[0] != "call" or ops[op[1]][0] != "attr":
            continue
        callee = ops[op[1]]
        if not callee[2].lstrip("_").startswith(verbs) or callee[2] == flag:
            continue
        if text(fn.facts, callee[1]) != written or written == fn.self_name:
            continue
        here = starts[0] == number or reaches(fn, starts[0], number)
        if not here or starts[1] == number or reaches(fn, starts[1], number):
            continue
        return _found(fn, asked, number, written, flag, callee[2])
    return None


def _found(fn: Fn, asked: int, act: int, written: str, flag: str, method: str) -> Setup | None:
    call = link(fn).calls.get(act)
    offering = _offering(fn, call.targets[0] if call is not None and call.targets else None, flag, method)
    if offering is None:
        return None
    if any(held.kind == "lock" for held in analysis(fn).at_calls.get(act, ())) or locked_by_callers(fn):
        return None
    callee = offering.method(method)
    if unshared_class(offering) or callee is None or takes_lock(callee):
        return None
    sure = 2 if _together(fn, act, offering, flag) and not nobody_meets((fn,), None) else 1
    return Setup(asked, act, written, flag, method, _raised(callee, flag), sure)


def _together(fn: Fn, act: int, offering: Cls, flag: str) -> bool:
    """Whether several threads come by the object: the classes say so, or it is got from where all get it."""
    owner = method_around(fn).owner
    ops = fn.facts.ops
    holder = ops[ops[ops[act][1]][1]]
    if shared_class(offering, False) and not stays_clear(offering, flag):
        return True
    if owner is not None and shared_class(owner, False):
        if holder[0] != "attr" or not stays_clear(owner, str(holder[2])):
            return True
    if holder[0] == "name":
        holder = next((ops[op[2]] for op in ops if op[:2] == ("store", holder[1])), holder)
    kept = holder[0] == "attr" and ops[holder[1]][0] == "name" and owner is not None
    if kept and not any(op[0] == "setattr" and op[2] == holder[2] for op in ops[:act]):
        return False
    return around_concurrency(fn.module, False)


def _outlives(fn: Fn, register: int) -> bool:
    """Whether the object may be known to others: no local that this function constructed."""
    op = fn.facts.ops[register]
    if op[0] == "attr":
        return _kept(fn, register) or (op[1] != register and _outlives(fn, op[1]))
    if op[0] != "name":
        return False
    if op[1] not in fn.facts.locals:
        return True
    made = [other[2] for other in fn.facts.ops if other[0] == "store" and other[1] == op[1]]
    return bool(made) and not any(_constructs(fn, each) for each in made)


def _kept(fn: Fn, register: int) -> bool:
    """Whether an attribute of self is not one that this function itself gave a new object."""
    op = fn.facts.ops[register]
    made = [other[3] for other in fn.facts.ops[:register] if other[0] == "setattr" and other[2] == op[2]]
    return not any(_constructs(fn, each) for each in made)


def _constructs(fn: Fn, register: int) -> bool:
    op = fn.facts.ops[register]
    call = link(fn).calls.get(register)
    if op[0] != "call":
        return False
    callee = fn.facts.ops[op[1]]
    named = str(callee[-1]) if callee[0] in ("name", "attr") else ""
    return (call is not None and call.cls is not None) or named[:1].isupper()


def _offering(fn: Fn, target: Fn | None, flag: str, method: str) -> Cls | None:
    """The class that offers both the flag and the method: of the callee, else one of this module."""
    if target is not None:
        return target.owner if target.owner is not None and _offers(target.owner, flag) else None
    for index in range(len(fn.module.facts.classes)):
        cls = fn.module.cls(index)
        if method in cls.facts.methods and _offers(cls, flag):
            return cls
    return None


def _offers(cls: Cls, flag: str) -> bool:
    return any(
        flag in base.facts.methods or flag in base.facts.fields or flag in base.facts.self_fields
        for base in cls.mro()
    )


def _raised(fn: Fn, flag: str) -> tuple[Fn, int] | None:
    """Where the callee sets the flag."""
    for number, op in enumerate(fn.facts.ops):
        if op[0] == "setattr" and op[2] == flag:
            return fn, number
    return None


__all__ = ["Setup", "setups", "stem"]
