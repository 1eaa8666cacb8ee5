"""Threads that an object starts, and what of the object they use.

A class that starts threads says that several threads use its objects. Where these run methods of its own, and
nothing else says that its objects are shared, what those methods never touch has one user still: the thread
that has the object. A method counts as run where its name is mentioned.
"""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.sharing import method_around, own_spawns


def apart(fn: Fn, attribute: str) -> bool:
    """Whether the threads that the object of a method starts stay clear of one of its attributes, and of the
    method itself."""
    owner = method_around(fn).owner
    if owner is None:
        return False
    run = _run_by_threads(owner)
    return run is not None and not any(other is fn or attribute in other.facts.names for other in run)


def _run_by_threads(cls: Cls) -> tuple[Fn, ...] | None:
    """The class's methods that threads of its own run; None where others may use its objects."""
    known = cls.memo.get("run_by_threads", False)
    if known is False:
        known = cls.memo["run_by_threads"] = _found(cls)
    return known  # type: ignore[return-value]


def _found(cls: Cls) -> tuple[Fn, ...] | None:
    spawns = own_spawns(cls)
    if not spawns:
        return None
    pending: list[Fn] = []
    for fn, number in spawns:
        op, types = fn.facts.ops[number], link(fn).types
        given = [types[register] for register in (*op[2], *(register for _, register in op[3]))]
        targets = [kind.ref for kind in given if kind is not None and kind.kind == "method"]
        if len(targets) != 1 or targets[0].owner is None or targets[0].owner not in cls.mro():
            return None
        pending.append(targets[0])
    methods = {
        name: base.module.fn(index) for base in cls.mro()[::-1] for name, index in base.facts.methods.items()
    }
    run: dict[Fn, None] = {}
    while pending:
        fn = pending.pop()
        if fn in run:
            continue
        run[fn] = None
        pending += [methods[name] for name in sorted(fn.facts.names & methods.keys())]
        pending += [other for other in fn.module.functions() if other.facts.parent == fn.index]
    return tuple(run)
