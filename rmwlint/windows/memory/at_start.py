"""Attributes that a class sets when it starts up, and never takes away: who finds one missing comes first.

``def do_setup(self): self._login()`` and ``def _login(self): if self.client is None: self.client = …``: the
framework calls ``do_setup`` once, before it calls anything else, so two who find no client are not met later.
It takes that no method empties the attribute again, and that nothing starts a thread before it is set.
"""

from __future__ import annotations

from rmwlint.program.calling import checking, kept_for_check
from rmwlint.program.dispatch import subclasses
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.phases import STARTS
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.find import Window
from rmwlint.windows.interpreter.presence import found_there
from rmwlint.windows.values import own_attribute

_DEPTH = 2


def set_at_start(fn: Fn, window: Window) -> bool:
    """Whether a window is about an attribute of the function's own object that is missing only until a method
    which starts it up has run."""
    read = window.read
    if read is None or read.place is None or window.branch is None or window.write.trail:
        return False
    name = own_attribute(read.place.symbol)
    owner = method_around(fn).owner
    if name is None or owner is None or fn.parent is None or fn.parent.index != 0:
        return False
    if found_there(fn.facts, window.branch, window.outcome, read.op) is not False:
        return False
    return kept_for_check(fn, f"set_at_start {name}", lambda: _set_at_start(fn, owner, name))


def _set_at_start(fn: Fn, owner: Cls, name: str) -> bool:
    program, near = owner.module.program, fn.module.path
    for cls in owner.mro():
        program.asked.file_for_check(checking(program) or near, cls.module.path)
    methods = [method for cls in owner.mro() for method in cls.own_methods()]
    starts = [method for method in methods if method.facts.name in STARTS and method is not fn]
    return any(
        _calls_first(start, fn, _DEPTH) and not any(start.facts.name in _called(other) for other in methods)
        for start in starts
    ) and not _taken_away(owner, name)


def _called(fn: Fn) -> frozenset[str]:
    """The names of the methods of its own object that a method calls, not those of its base class."""
    ops = fn.facts.ops
    if not fn.first_is_self or fn.facts.name in STARTS:
        return frozenset()
    own = ("name", fn.facts.params[0].name)
    return frozenset(op[2] for op in ops if op[0] == "attr" and ops[op[1]] == own)


def _calls_first(start: Fn, fn: Fn, depth: int) -> bool:
    """Whether a method calls another one whatever is the case, and starts no thread before."""
    first, last, _, _ = start.facts.blocks[0]
    for number, call in sorted(link(start).calls.items()):
        if not first <= number < last or any(row.does == "spawn" for row in call.rows):
            return False
        if fn in call.targets:
            return True
        below = call.targets[0] if len(call.targets) == 1 and depth else None
        if below is not None and below.module is start.module and _calls_first(below, fn, depth - 1):
            return True
    return False


def _taken_away(owner: Cls, name: str) -> bool:
    """Whether something other than a constructor may empty the attribute of an object of the class."""
    classes = list(dict.fromkeys((*owner.mro(), *subclasses(owner, owner.module.path))))
    program, near = owner.module.program, owner.module.path
    for module in dict.fromkeys(cls.module for cls in classes):
        program.asked.uses(checking(program) or near, module.path, name)
        for fn in module.functions():
            if name in fn.facts.names and not fn.facts.name.startswith("__"):
                if any(_empties(fn, number, name, classes) for number in range(len(fn.facts.ops))):
                    return True
    return False


def _empties(fn: Fn, number: int, name: str, classes: list[Cls]) -> bool:
    op = fn.facts.ops[number]
    if op[0] not in ("delattr", "setattr") or op[2] != name:
        return False
    if fn.is_self(op[1]):
        if fn.owner not in classes:
            return False
    if op[0] == "delattr":
        return True
    value = fn.facts.ops[op[3]]
    return (value[0] == "const" and not value[1]) or (value[0] in ("build", "dict") and not value[-1])


__all__ = ["set_at_start"]
