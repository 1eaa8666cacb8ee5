"""Threads that an object starts, and what of the object they use.

A class that starts threads says that several threads use its objects. Where these run methods of its own, and
nothing else says that its objects are shared, what those methods never touch has one user still: the thread
that has the object. A method counts as run where it is mentioned as one of the object's.
"""

from __future__ import annotations

from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.program.types import Type
from rmwlint.windows.concurrency.sharing import method_around, own_spawns, thread_starts


def apart(fn: Fn, attribute: str) -> bool:
    """Whether the threads that the object of a method starts stay clear of one of its attributes, and of the
    method itself."""
    owner = method_around(fn).owner
    if owner is None:
        return False
    run = _run_by_threads(owner)
    return run is not None and fn not in run.methods and stays_clear(owner, attribute)


def stays_clear(cls: Cls, attribute: str) -> bool:
    """Whether threads share the objects of a class for no other reason than that these start some, which
    stay clear of one of their attributes."""
    run = _run_by_threads(cls)
    return (
        run is not None
        and attribute not in run.given
        and not any(attribute in method.facts.names for method in run.methods)
    )


class _Run(NamedTuple):
    """What threads of a class's own run of it, and the attributes that they are given."""

    methods: tuple[Fn, ...]
    given: frozenset[str]


def _run_by_threads(cls: Cls) -> _Run | None:
    """What threads of the class's own run; None where others may use its objects."""
    known = cls.memo.get("run_by_threads", False)
    if known is False:
        known = cls.memo["run_by_threads"] = _found(cls)
    return known  # type: ignore[return-value]


def threads_told(cls: Cls, attribute: str) -> bool:
    """Whether it is known what all the threads run that methods of a class start, and none is given one of
    its attributes."""
    known = cls.memo.get("threads_told", False)
    if known is False:
        starts = thread_starts(cls)
        known = cls.memo["threads_told"] = None if starts is None else _run_by(cls, starts)
    return isinstance(known, _Run) and attribute not in known.given


def _found(cls: Cls) -> _Run | None:
    spawns = own_spawns(cls)
    return _run_by(cls, spawns) if spawns else None


def _run_by(cls: Cls, spawns: list[tuple[Fn, int]]) -> _Run | None:
    """What the threads run that are started there, None where that cannot be told."""
    pending: list[Fn] = []
    attributes: set[str] = set()
    for fn, number in spawns:
        ops, types = fn.facts.ops, link(fn).types
        given = _given(ops, number)
        targets = [kind for register in given if (kind := types[register]) is not None and _callable(kind)]
        if not targets or any(ops[register] == ("name", method_around(fn).self_name) for register in given):
            return None
        for kind in targets:
            target = kind.ref
            if kind.kind == "method" and (target.owner is None or target.owner not in cls.mro()):
                return None
            # a function of a module has nothing of the object but what it is given
            if kind.kind == "method" or target.parent is None or target.parent.index:
                pending.append(target)
        attributes |= {str(ops[register][2]) for register in given if ops[register][0] == "attr"}
    methods = {
        name: base.module.fn(index) for base in cls.mro()[::-1] for name, index in base.facts.methods.items()
    }
    run: dict[Fn, None] = {}
    while pending:
        fn = pending.pop()
        if fn in run:
            continue
        run[fn] = None
        pending += [methods[name] for name in sorted(_of_object(fn) & methods.keys())]
        pending += [other for other in fn.module.functions() if other.facts.parent == fn.index]
    return _Run(tuple(run), frozenset(attributes))


def _given(ops: tuple[Op, ...], number: int) -> list[int]:
    """What a call is given, and what is in the lists and tuples among that."""
    found = [*ops[number][2], *(register for _, register in ops[number][3])]
    for register in found:
        if ops[register][0] == "build":
            found += ops[register][2]
    return found


def _callable(kind: Type) -> bool:
    return kind.kind in ("method", "function")


def _of_object(fn: Fn) -> set[str]:
    """The attributes that a method, or a function inside one, asks its object for; all that it mentions where
    it hands the object on."""
    if method_around(fn).decorated("staticmethod"):
        return set()
    name = method_around(fn).self_name
    if not name:
        return set(fn.facts.names)
    ops = fn.facts.ops
    own = {number for number, op in enumerate(ops) if op == ("name", name)}
    if any(
        op[0] == "call" and not own.isdisjoint((*op[2], *(register for _, register in op[3]))) for op in ops
    ):
        return set(fn.facts.names)
    return {str(op[2]) for op in ops if op[0] == "attr" and op[1] in own}
