"""Which columns of a row the project writes once the row is there, by any code that can be seen.

What a save writes back stale is lost only where somebody else writes it: a column that is given its value
when the row is made, and never again, is put back as it is.

Looked at are the modules whose text has the class's name, its own and those of its bases: stores of
attributes, calls that are given columns by name, and classes that say they are a form, a serializer or an
admin page of the row's class, which may write any column.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.libraries.index import snake
from rmwlint.program.calling import Calling, argument, call_sites, callings, checking, rest_on
from rmwlint.program.dispatch import subclasses
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.windows.flow import always_before
from rmwlint.windows.guards.first_saves import just_created
from rmwlint.windows.objects.hints import declared, knows_bases, made, of_stored_row
from rmwlint.windows.values import Event

#: A class that more files mention than this is written somewhere, and an object's name is anybody's.
_MOST_FILES = 40

_WRITES = frozenset(["write", "delta", "swap", "ensure"])


class _Written(NamedTuple):
    """``columns``: None where any may be written; ``names`` were asked for, ``files`` looked at."""

    columns: frozenset[str] | None
    names: tuple[str, ...]
    files: tuple[Path, ...]


def rivals(fn: Fn, write: Event) -> frozenset[str] | None:
    """The columns that a whole save of a known class writes back as read, and that other code is seen to
    write; None where any may be one."""
    kind = write.type
    if kind is None or kind.kind != "instance":
        return None
    cls: Cls = kind.ref
    others = _written(fn, cls)
    if others is None:
        return None
    own = _set_by(cls, _changed(fn, write))
    return frozenset(name for name in others if name not in own)


def no_other_columns(fn: Fn, write: Event) -> bool:
    """Whether a save of a known class changes every column that the class has besides its keys."""
    kind = write.type
    if kind is None or kind.kind != "instance" or not knows_bases(kind.ref):
        return False
    cls: Cls = kind.ref
    program = cls.module.program
    near = checking(program) or fn.module.path
    program.asked.hint(near, "class", (cls.name,))
    if program.outline(cls.module.path).children(cls.name):
        return False
    own = _set_by(cls, _changed(fn, write))
    return all(name in own or name not in frozenset(declared(cls, "column")) for name in _columns(cls))


def _changed(fn: Fn, write: Event) -> set[str]:
    """The attributes that are set whichever way leads to a save, and not to what they were before."""
    values = dict(write.columns)
    itself = _parameter(write)
    return {
        name
        for name, at in write.set_at
        if always_before(fn, at, write.op)
        # what another object that came in has under the same name is no part of the row
        and all(
            dep[1] != name or (itself is not None and dep[0] < 0 and dep[0] != -1 - itself)
            for dep in values[name].deps
        )
    }


def _parameter(write: Event) -> int | None:
    """The parameter that the row came in as."""
    symbol = write.place.symbol if write.place is not None else None
    return int(symbol[1]) if isinstance(symbol, tuple) and symbol[0] == "param" else None


def _set_by(cls: Cls, names: set[str]) -> frozenset[str]:
    """The columns that setting these attributes sets: a property's setter stores others."""
    found = set(names)
    for base in cls.mro():
        for fn in base.module.functions():
            if fn.owner is base and fn.facts.name in names and fn.decorated("setter") and fn.facts.params:
                itself = ("name", fn.facts.params[0].name)
                ops = fn.facts.ops
                found |= {op[2] for op in ops if op[0] == "setattr" and ops[op[1]] == itself}
    found |= {name[:-3] for name in found if name.endswith("_id")}
    return frozenset(found | {f"{name}_id" for name in found})


def _columns(cls: Cls) -> frozenset[str]:
    """The columns of a class that do not set or identify themselves."""
    fixed = cls.keys() | frozenset(declared(cls, "stamped")) | frozenset(declared(cls, "key"))
    return frozenset(made(cls)) - fixed


def _written(fn: Fn, cls: Cls) -> frozenset[str] | None:
    """The columns of objects of a class that are written later than they are made; None for any."""
    program = cls.module.program
    known: _Written | None = cls.memo.get("written")  # type: ignore[assignment]
    if known is None:
        known = cls.memo["written"] = _search(cls)
    near = checking(program)
    asked = program.asked
    asked.hint(near or fn.module.path, "mention", known.names)
    asked.hint(near or fn.module.path, "class", (cls.name,))
    subclasses(cls, near or fn.module.path)
    for path in known.files:
        rest_on(fn.module.path, path, program)
    return known.columns


def _search(cls: Cls) -> _Written:
    program = cls.module.program
    names = (cls.name, snake(cls.name))
    modules: dict[ModuleView, bool] = {base.module: True for base in cls.mro()}
    outline = program.outline(cls.module.path)
    derived = subclasses(cls, cls.module.path)
    unclear = bool(outline.children(cls.name)) and not derived
    if unclear or not knows_bases(cls) or any(True for one in derived for _ in made(one)):
        return _Written(None, (), ())
    for number, name in enumerate(names):
        files = outline.mentions(name)
        if len(files) > _MOST_FILES or not outline.files:
            if number == 0:
                return _Written(None, names[:1], ())
            continue
        for path in files:
            module = program.module_of(path)
            if module is not None:
                modules.setdefault(module, number == 0)
    search = _Search(cls)
    found: set[str] = set()
    looked: list[Path] = []
    for module, knows in modules.items():
        looked.append(module.path)
        written = search.by(module, knows)
        if written is None:
            return _Written(None, names, tuple(looked))
        found |= written
    return _Written(frozenset(found), names, tuple(looked))


class _Search:
    def __init__(self, cls: Cls) -> None:
        self.cls = cls
        self.columns = _columns(cls)
        self.fixed = cls.keys()
        self.knows = True
        self.spelt = self.columns | {f"{name}_id" for name in self.columns}

    def by(self, module: ModuleView, knows: bool) -> frozenset[str] | None:
        """The columns that a module's code writes; None for any. ``knows``: it has the class's name, so that
        what is of unknown type may be one; else only what is named like one."""
        found: set[str] = set()
        self.knows = knows
        if any(self._stands_for(module, index) for index in range(len(module.facts.classes))):
            return None
        for fn in module.functions():
            for name in self._in(fn):
                if name is None:
                    return None
                found.add(name[:-3] if name not in self.columns else name)
        return frozenset(found)

    def _stands_for(self, module: ModuleView, index: int) -> bool:
        """Whether a class names the row's class as its model: it may write any column."""
        facts = module.facts.classes[index]
        register = facts.fields.get("model")
        if register is None:
            return False
        kind = link(module.fn(facts.scope)).types[register]
        return kind is not None and kind.kind == "class" and self._is_one(kind.ref)

    def _is_one(self, cls: object) -> bool:
        return isinstance(cls, Cls) and (cls in self.cls.mro() or self.cls in cls.mro())

    def _may_be(self, fn: Fn, register: int) -> bool:
        kind = link(fn).types[register]
        if kind is None or kind.kind == "library":
            return self.knows or str(fn.facts.ops[register][-1]) == snake(self.cls.name)
        return kind.kind == "instance" and self._is_one(kind.ref)

    def _in(self, fn: Fn) -> Iterator[str | None]:
        names = fn.facts.names
        ops = fn.facts.ops
        if "setattr" in names or "register" in names:
            for number, call in link(fn).calls.items():
                given = ops[number][2]
                if call.name == "setattr" and given:
                    kind = link(fn).types[given[0]]
                    if kind is not None and self._may_be(fn, given[0]) and ops[given[1]][0] != "const":
                        yield None
                elif call.name == "register" and any(self._names_class(fn, one) for one in given):
                    yield None
        if self.spelt.isdisjoint(names) and not any(self._may_spell(op) for op in ops):
            return
        stored = None
        for number, op in enumerate(ops):
            if op[0] == "setattr" and op[2] in self.spelt and self._may_be(fn, op[1]):
                if stored is None:
                    stored = self._of_stored_rows(fn)
                if (stored is None or number in stored) and not _just_made(fn, op[1]):
                    yield op[2]
            elif op[0] == "call":
                yield from self._named_in(fn, number)

    def _may_spell(self, op: Op) -> bool:
        """Whether an operation may name a column without having it for an attribute or keyword."""
        if op[0] == "const":
            return op[1].__class__ is str and op[1] in self.spelt
        return op[0] == "call" and any(keyword == "**" for keyword, _ in op[3])

    def _names_class(self, fn: Fn, register: int) -> bool:
        kind = link(fn).types[register]
        return kind is not None and kind.kind == "class" and self._is_one(kind.ref)

    def _of_stored_rows(self, fn: Fn) -> frozenset[int] | None:
        """The operations of a method of the class that can run for a row that is there; None for all."""
        if fn.owner is None or not fn.first_is_self or not self._is_one(fn.owner):
            return None
        if fn.facts.name == "__init__":
            return frozenset()
        return frozenset(of_stored_row(fn, self.cls.keys()))

    def _named_in(self, fn: Fn, number: int) -> Iterator[str | None]:
        """The columns that a call which writes rows is given by name; None where it is given any."""
        call = link(fn).calls.get(number)
        if call is None or call.targets or not any(row.does in _WRITES for row in call.rows):
            return
        kind = call.rtype.arg if call.rtype is not None else None
        if not self.knows or (kind is not None and kind.kind == "instance" and not self._is_one(kind.ref)):
            return
        ops = fn.facts.ops
        op = ops[number]
        found = all(row.does == "ensure" for row in call.rows if row.does in _WRITES)
        for keyword, register in op[3]:
            if keyword in self.spelt and not found:  # what is looked for is given to new rows alone
                yield keyword
            if kind is not None and (keyword == "**" or self._open(fn, keyword, register, found)):
                yield None
            yield from self._listed(fn, register)
        for register in op[2]:
            yield from self._listed(fn, register)

    def _open(self, fn: Fn, keyword: str, register: int, found: bool) -> bool:
        """Whether a keyword may give columns that cannot be told: a dict made elsewhere, or of others."""
        ops = fn.facts.ops
        op = ops[register]
        if op[0] == "dict":
            return any(key is None for key, _ in op[1])
        if keyword in self.spelt or keyword in self.fixed or "__" in keyword:
            return False
        return (found and op[0] == "name") or (op[0] == "call" and ops[op[1]] == ("name", "dict"))

    def _listed(self, fn: Fn, register: int) -> Iterator[str]:
        op = fn.facts.ops[register]
        parts = op[2] if op[0] == "build" else [key for key, _ in op[1]] if op[0] == "dict" else ()
        for part in parts:
            named = fn.facts.ops[part] if part is not None else ("pass",)
            if named[0] == "const" and named[1] in self.spelt:
                yield named[1]


def mostly_new(fn: Fn, write: Event) -> bool:
    """Whether a row comes in, and most of the calls that are known are made with objects that their functions
    have just made; all of them, where it is not the method's own object."""
    symbol = write.place.symbol if write.place is not None else None
    if not isinstance(symbol, tuple) or symbol[0] != "param" or write.trail:
        return False
    if symbol[1] == 0 and fn.first_is_self:
        called, _ = callings(fn)
        on = [(caller, link(caller).calls[number].receiver) for caller, number, bound in called if bound]
        new = sum(
            register is not None and _just_made(caller, register, stored=False) for caller, register in on
        )
        return new * 2 > len(on)
    sites = call_sites(fn)
    return bool(sites) and all(
        (register := argument(Calling(caller, number, fn.first_is_self), fn, symbol[1])) is not None
        and (_just_made(caller, register, stored=False) or just_created(caller, register, number))
        for caller, number in sites
    )


def _just_made(fn: Fn, register: int, *, stored: bool = True) -> bool:
    """Whether the object in a register is one that the function has made itself, wherever it got it.
    ``stored``: it may be in the database already."""
    ops = fn.facts.ops
    if ops[register][0] != "name":
        return False
    given = [op[2] for op in ops if op[0] == "store" and op[1] == ops[register][1]]
    calls = link(fn).calls
    return bool(given) and all(
        (call := calls.get(one)) is not None
        and (call.cls is not None or (stored and any(row.does == "create" for row in call.rows)))
        for one in given
    )
