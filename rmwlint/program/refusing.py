"""Functions that refuse to run in somebody's transaction.

``if session.in_transaction(): raise RuntimeError(…)`` at the head of a function, or in the wrapper that a
decorator puts around it: a call of it while a transaction is open goes no further, and whoever makes one
finds that out at once. Some offer a way round, ``getattr(context, "GUARD", True)``: who sets that attribute
is not refused.
"""

from __future__ import annotations

from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.libraries.index import Libraries
from rmwlint.program.deferral import decorators, wrapping
from rmwlint.program.dispatch import accepting
from rmwlint.program.link import link
from rmwlint.program.program import Fn

_ASKS = "naming.Transacting"
#: A method that more files define is nobody's in particular.
_MOST_FILES = 24


class Refusal(NamedTuple):
    """``unless``: the attributes by which a caller is let through all the same."""

    unless: frozenset[str]


def refusal(fn: Fn) -> Refusal | None:
    """How a function refuses to be called in a transaction; None where it does not."""
    found = fn.memo.get("refusal", 0)
    if found == 0:
        around = [wrapping(decorator) for decorator in decorators(fn)]
        bodies = [(one.wrapper, one.call) for one in around if one is not None and not one.later]
        found = _refused_before(fn, len(fn.facts.ops))
        for wrapper, call in bodies:
            found = found or _refused_before(wrapper, call)
        fn.memo["refusal"] = found
    return found  # type: ignore[return-value]


def refused(fn: Fn, number: int) -> Refusal | None:
    """How what a call reaches refuses to run in a transaction.

    Of a call that only a library model explains it is asked of the project's methods of that name.
    """
    call = link(fn).calls[number]
    by_name = () if call.qualified or call.receiver is None else _methods(fn, number, call.name)
    targets = call.targets or by_name
    return next((found for target in targets if (found := refusal(target)) is not None), None)


def _methods(fn: Fn, number: int, name: str) -> tuple[Fn, ...]:
    program = fn.module.program
    files = program.outline(fn.module.path).definitions(name)
    few = files if len(files) <= _MOST_FILES else ()
    program.asked.hint(fn.module.path, "def", (name,), few)
    found: list[Fn] = []
    for path in few:
        module = program.module_of(path)
        if module is not None:
            found += [module.fn(cls.methods[name]) for cls in module.facts.classes if name in cls.methods]
    return accepting(tuple(found), fn.facts.ops[number])


def _refused_before(fn: Fn, end: int) -> Refusal | None:
    """The refusal on the way to an operation."""
    ops, blocks = fn.facts.ops, fn.facts.blocks
    libraries = fn.module.program.libraries
    for _, last, successors, _ in blocks:
        condition = ops[last - 1] if last else ("pass",)
        if last > end or condition[0] != "branch" or len(successors) != 2:
            continue
        first, stop, further, _ = blocks[successors[0]]
        if further or first == stop or ops[stop - 1][0] != "raise":
            continue
        asked = _all_of(ops, condition[1])
        if any(_transacting(libraries, ops, register) for register in asked):
            return Refusal(frozenset(name for register in asked for name in _switch(ops, register)))
    return None


def _all_of(ops: tuple[Op, ...], register: int) -> tuple[int, ...]:
    """What must all be true for a condition to be."""
    op = ops[register]
    if op[0] == "bool" and op[1] == "and":
        return tuple(part for register in op[2] for part in _all_of(ops, register))
    return (register,)


def _transacting(libraries: Libraries, ops: tuple[Op, ...], register: int) -> bool:
    """Whether an expression asks, by its last two names, whether a transaction is open."""
    op = ops[register]
    if op[0] == "call":
        op = ops[op[1]]
    if op[0] not in ("name", "attr"):
        return False
    holder = ops[op[1]] if op[0] == "attr" else ("pass",)
    if holder[0] == "call":
        holder = ops[holder[1]]
    words = [str(holder[-1])] if holder[0] in ("name", "attr") else []
    return _ASKS in libraries.receiver("_".join([*words, str(op[-1])]).lower())


def _switch(ops: tuple[Op, ...], register: int) -> tuple[str, ...]:
    """The attribute that a plain expression looks at."""
    op = ops[register]
    if op[0] == "attr":
        return (str(op[2]),)
    if op[0] == "call" and ops[op[1]] == ("name", "getattr") and len(op[2]) > 1:
        named = ops[op[2][1]]
        return (str(named[1]),) if named[0] == "const" else ()
    return ()


__all__ = ["Refusal", "refusal", "refused"]
