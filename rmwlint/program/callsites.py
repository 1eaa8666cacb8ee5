"""Who calls a function, in the whole project.

A call counts whose target is the function, and one on an object of unknown type where the name is telling.
Which files to look into is asked of the project's text, so the answer is the same whatever was loaded before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn, ModuleView

#: A name that more files have is no name of one function.
_MOST_FILES = 24
_SHORTEST_NAME = 8

Site = tuple[Fn, int]


def call_sites(fn: Fn) -> tuple[Site, ...]:
    """(caller, operation) of the calls of a function, by file; none where they cannot be told."""
    known = fn.memo.get("call_sites")
    if known is None:
        known = fn.memo["call_sites"] = tuple(_sites(fn))
    return known  # type: ignore[return-value]


def _sites(fn: Fn) -> Iterator[Site]:
    name = fn.facts.name
    if name.startswith("__") or name == "<lambda>":
        return
    for module in _modules(fn, name):
        for caller in module.functions():
            if caller is fn or name not in caller.facts.names:
                continue
            for number, call in link(caller).calls.items():
                if call.name == name and _may_reach(call, fn):
                    yield caller, number


def handed_over(fn: Fn) -> tuple[Site, ...]:
    """(function, operation) of the calls that are given a function, to call it themselves, by file."""
    known = fn.memo.get("handed_over")
    if known is None:
        known = fn.memo["handed_over"] = tuple(_handings(fn))
    return known  # type: ignore[return-value]


def _handings(fn: Fn) -> Iterator[Site]:
    name = fn.facts.name
    for module in _modules(fn, name):
        for giver in module.functions():
            ops = giver.facts.ops
            if name not in giver.facts.names and (fn.owner is not None or ("name", name) not in ops):
                continue
            types = link(giver).types
            for number, op in enumerate(ops):
                if op[0] != "call":
                    continue
                for register in (*op[2], *(value for _, value in op[3])):
                    kind = types[register]
                    named = ops[register] == ("name", name) and giver is fn.parent and fn.owner is None
                    if named or (kind is not None and kind.kind in ("method", "function") and kind.ref is fn):
                        yield giver, number


def _may_reach(call: Call, fn: Fn) -> bool:
    if fn in call.targets:
        return True
    if fn.owner is None or call.receiver is None or call.rows:
        return False
    if not call.targets:
        name = fn.facts.name
        return call.rtype is None and len(name) >= _SHORTEST_NAME and "_" in name.strip("_")
    # a call in a base class reaches the method of the class that its object is of
    lineage = fn.owner.mro()
    return any(target.owner is not None and target.owner in lineage for target in call.targets)


def _modules(fn: Fn, name: str) -> Iterator[ModuleView]:
    module = fn.module
    nested = fn.parent is not None and fn.parent.index != 0 and fn.owner is None
    yield module
    if nested:
        return
    program = module.program
    files: tuple[Path, ...] = tuple(program.outline(module.path).mentions(name))
    few = files if len(files) <= _MOST_FILES else ()
    program.asked.hint(module.path, "mention", (name,), few)
    for path in few:
        other = program.module_of(path)
        if other is not None and other is not module:
            yield other
