"""Where a path begins: in what everybody has, or only in what somebody hands on.

Others come to a path if they can name it. They can where it is built from a setting, a variable of a module,
a constant, or what a function gives that is told nothing (``user_cache_dir()``). What callers hand on is
followed to where they have it from; where nobody is known to call, nothing is known.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rmwlint.facts.model import Op
from rmwlint.program.calling import argument, callings, constructions
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.files.ownership import registers_of
from rmwlint.windows.values import Event

_DEEPEST = 4
_EVERYWHERE = "files.Everywhere"
_SETTINGS = "files.Settings"
_MOST = 400


def named_by_few(fn: Fn, event: Event) -> bool:
    """Whether few can name the path of an event: it begins in nothing that everybody has, as far as it is
    known. Where a folder comes from somewhere unknown, it may be made for all; another path that a method's
    object has is mostly its own, and so is what those hand on who are known to call a function."""
    op = fn.facts.ops[event.op]
    if op[0] != "call":
        return False
    origin = _Origin()
    for register in _paths(fn, event, op):
        origin.register(fn, register, 0)
    if origin.common or not origin.handed:
        return False
    if event.does == "create" or not origin.unknown:
        return not origin.unknown
    return method_around(fn).owner is not None or bool(callings(fn)[0])


def begins_everywhere(fn: Fn, event: Event) -> bool:
    """Whether the path of an event begins in a place that all have who run the program, by a function that
    gives such a place or by a constant."""
    op = fn.facts.ops[event.op]
    if op[0] != "call":
        return False
    origin = _Origin()
    for register in _paths(fn, event, op):
        origin.register(fn, register, 0)
    return origin.everywhere


def _paths(fn: Fn, event: Event, op: Op) -> Iterable[int]:
    """The registers that the path of an event may come from."""
    callee = fn.facts.ops[op[1]]
    row = event.row
    given = (*op[2], *(register for _, register in op[3]))
    if event.trail or row is None:
        return (*given, callee[1]) if callee[0] == "attr" else given
    if row.on and callee[0] == "attr":
        return (callee[1],)
    at = row.at or "arg0"
    index = int(at[3:]) if at[3:].isdigit() else 0
    return (op[2][index],) if index < len(op[2]) else given


class _Origin:
    """What a path begins in. ``common``: something that everybody has; ``everywhere``: a place, among such
    things, that even two runs of one program have; ``handed``: what somebody hands on; ``unknown``: what
    nobody tells."""

    def __init__(self) -> None:
        self.common = False
        self.everywhere = False
        self.handed = False
        self.unknown = False
        self._seen: set[object] = set()

    def register(self, fn: Fn, register: int, depth: int) -> None:
        """Look into how a register came to be."""
        if self.common or (fn, register) in self._seen:
            return
        self._seen.add((fn, register))
        if len(self._seen) > _MOST:
            self.unknown = True
            return
        ops = fn.facts.ops
        op = ops[register]
        kind = op[0]
        if kind == "const":
            self.common = self.everywhere = isinstance(op[1], str) and op[1].startswith(("/", "~"))
        elif kind == "name":
            self._name(fn, op[1], depth)
        elif kind == "param":
            self._parameter(fn, op[1], depth)
        elif kind == "attr":
            if fn.is_self(op[1]):
                self._attribute(fn, op[2], depth)
            else:
                self.register(fn, op[1], depth)
        elif kind == "item":
            self.register(fn, op[1], depth)
        elif kind == "call":
            self._call(fn, register, op, depth)
        else:
            for part in registers_of(op):
                self.register(fn, part, depth)

    def _name(self, fn: Fn, name: str, depth: int) -> None:
        around: Fn | None = fn
        while (
            around is not None and around.index and name not in around.facts.locals and not name.endswith("'")
        ):
            around = around.parent
        if around is None or around.index == 0:
            imported = fn.module.facts.imports.get(name)
            bound = imported is not None or name in fn.module.facts.bindings
            self.common = self.common or (bound and not _of_language(imported))
            return
        if name == around.self_name:
            return
        for op in around.facts.ops:
            if op[:2] == ("store", name):
                self.register(around, op[2], depth)

    def _parameter(self, fn: Fn, index: int, depth: int) -> None:
        if index == 0 and fn.first_is_self:
            return
        self.handed = True
        if self._suggested(fn, fn.facts.params[index].name, _SETTINGS):
            self.common = True
            return
        owner = fn.owner if fn.facts.name == "__init__" else None
        called = constructions(owner, fn) if owner is not None else callings(fn)[0]
        if depth >= _DEEPEST or not called:
            self.unknown = True
            return
        for calling in called:
            given = argument(calling, fn, index)
            if given is not None:
                self.register(calling.caller, given, depth + 1)
                continue
            default = fn.facts.params[index].default
            if default is None or default[0] != "const":
                self.unknown = True

    def _attribute(self, fn: Fn, name: str, depth: int) -> None:
        self.handed = True
        if self._suggested(fn, name, _SETTINGS):
            self.common = True
            return
        owner = method_around(fn).owner
        if owner is None or ("attribute", owner, name) in self._seen:
            return
        self._seen.add(("attribute", owner, name))
        if depth > _DEEPEST or not self._stored(owner, name, depth):
            self.unknown = True

    def _stored(self, owner: Cls, name: str, depth: int) -> bool:
        """Look into what an object's attribute is given; whether that is anything."""
        found = False
        for base in owner.mro():
            if name in base.facts.properties:
                self._returned(base.module.fn(base.facts.methods[name]), depth)
                return True
            if base.facts.fields.get(name) is not None:
                self.common = True
            for index, register in base.facts.self_fields.get(name, ()):
                giver = base.module.fn(index)
                if giver.facts.ops[register] != ("const", None):  # what is empty at first others fill
                    found = True
                    self.register(giver, register, depth)
        return found or self.common

    def _call(self, fn: Fn, register: int, op: Op, depth: int) -> None:
        ops = fn.facts.ops
        callee = ops[op[1]]
        if callee[0] in ("attr", "name") and self._suggested(fn, str(callee[-1]), _EVERYWHERE):
            self.common = self.everywhere = True
            return
        known = link(fn).calls.get(register)
        given = [one for one in (*op[2], *(one for _, one in op[3])) if ops[one][0] != "const"]
        targets = known.targets if known is not None and known.cls is None else ()
        for target in targets if depth < _DEEPEST else ():
            self._returned(target, depth + 1)
        if callee[0] == "attr" and not fn.is_self(callee[1]):
            self.register(fn, callee[1], depth)
        elif callee[0] == "name" and not given and not targets and known is not None and known.cls is None:
            self._name(fn, callee[1], depth)
        for one in given:
            self.register(fn, one, depth)

    def _suggested(self, fn: Fn, name: str, what: str) -> bool:
        return what in fn.module.program.libraries.receiver(name.lstrip("_"))

    def _returned(self, fn: Fn, depth: int) -> None:
        for op in fn.facts.ops:
            if op[0] == "return" and op[1] is not None:
                self.register(fn, op[1], depth)


def _of_language(imported: str | None) -> bool:
    """Whether what is imported is of the language itself: its modules give no path of their own."""
    return imported is not None and imported.partition(".")[0] in sys.stdlib_module_names
