"""Whether somebody saves the rows of a class while a transaction is open: what a save's hook runs in.

Such a hook runs in its caller's transaction if there is one. Where every save commits by itself, it runs
after the commit of one (``post_save``), or before any write (``pre_save``).

A transaction counts as seen where code that names the class, in a class or function, also opens one; where
it gets or makes a row of it, which libraries do in a transaction; where the class has a page of a kind that
saves in one, or the settings open one around every request.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmwlint.libraries.index import snake
from rmwlint.program.calling import checking, rest_on
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.interpreter.decorators import held_by_decorators

#: A class that more files mention than this is saved in a transaction somewhere.
_MOST_FILES = 40
#: Types of pages that save what they show in a transaction.
_PAGE = "naming.AtomicPage"


class _Seen(NamedTuple):
    """``names`` were asked for, ``settings`` too; ``files`` were looked at."""

    in_transaction: bool
    names: tuple[str, ...]
    settings: tuple[str, ...]
    files: tuple[Path, ...]


def saved_in_transaction(fn: Fn, cls: Cls) -> bool:
    """Whether somebody is seen to save rows of a class in a transaction; ``fn`` asks."""
    program = cls.module.program
    seen: _Seen | None = cls.memo.get("saved_in_transaction")  # type: ignore[assignment]
    if seen is None:
        seen = cls.memo["saved_in_transaction"] = _search(cls)
    near = checking(program)
    program.asked.hint(near or fn.module.path, "mention", seen.names)
    program.asked.hint(near or fn.module.path, "switch", seen.settings)
    for path in seen.files:
        rest_on(fn.module.path, path, program)
    return seen.in_transaction


def _search(cls: Cls) -> _Seen:
    program = cls.module.program
    outline = program.outline(cls.module.path)
    settings = tuple(program.libraries.atomic_settings)
    if not outline.files or any(outline.sets(setting) for setting in settings):
        return _Seen(True, (), settings, ())
    names = (cls.name, snake(cls.name))
    modules: dict[ModuleView, None] = {cls.module: None}
    for number, name in enumerate(names):
        files = outline.mentions(name)
        if len(files) > _MOST_FILES:
            if number == 0:
                return _Seen(True, names[:1], settings, ())
            continue
        for path in files:
            module = program.module_of(path)
            if module is not None:
                modules[module] = None
    looked: list[Path] = []
    for module in modules:
        looked.append(module.path)
        if _has_page(cls, module) or any(_opens(cls, group) for group in _groups(module)):
            return _Seen(True, names, settings, tuple(looked))
    return _Seen(False, names, settings, tuple(looked))


def _groups(module: ModuleView) -> Iterator[list[Fn]]:
    """The functions of a module, those of a class, or in a function, together."""
    found: dict[object, list[Fn]] = {}
    for fn in module.functions():
        around = method_around(fn)
        while around.owner is None and around.parent is not None and around.parent.index:
            around = around.parent
        if fn.index:
            found.setdefault(around.owner or around, []).append(fn)
    yield from found.values()


def _opens(cls: Cls, group: list[Fn]) -> bool:
    """Whether code that names a class, or is its own, opens a transaction and saves something in it."""
    if not any(_names(cls, fn) for fn in group):
        return False
    opening = [fn for fn in group if _opens_itself(cls, fn)]
    libraries = group[0].module.program.libraries
    reached = list(opening)
    for fn in reached:
        reached += [one for one in group if one not in reached and one.facts.name in fn.facts.names]
    saves = any(not libraries.saving.isdisjoint(fn.facts.names) for fn in reached)
    if saves and any(_names(cls, fn) for fn in reached):
        return True
    return any(_names(cls, fn) and _ensures(cls, fn) for fn in group)


def _names(cls: Cls, fn: Fn) -> bool:
    """Whether a function names a class, or an object like one of it, or is its own method."""
    owner = method_around(fn).owner
    if owner is not None and (owner in cls.mro() or cls in owner.mro()):
        return True
    names = (cls.name, snake(cls.name))
    facts = fn.facts
    return not facts.names.isdisjoint(names) or any(op[0] == "name" and op[1] in names for op in facts.ops)


def _opens_itself(cls: Cls, fn: Fn) -> bool:
    libraries = fn.module.program.libraries
    own_libraries = {name.partition(".")[0] for name in cls.library_types()}
    if any(not libraries.transacting(library).isdisjoint(fn.facts.names) for library in own_libraries):
        return True
    return any(held.kind == "transaction" and not held.readonly for held in held_by_decorators(fn))


def _ensures(cls: Cls, fn: Fn) -> bool:
    """Whether a function gets or makes rows of a class, or of one nobody knows."""
    if fn.module.program.libraries.ensuring.isdisjoint(fn.facts.names):
        return False
    for call in link(fn).calls.values():
        if any(row.does == "ensure" and row.place == "row" for row in call.rows):
            kind = call.rtype.arg if call.rtype is not None else None
            if kind is None or kind.kind != "instance" or kind.ref in cls.mro() or cls in kind.ref.mro():
                return True
    return False


def _has_page(cls: Cls, module: ModuleView) -> bool:
    """Whether a module registers a class for a page, or says so in the class of one."""
    libraries = module.program.libraries
    for number, facts in enumerate(module.facts.classes):
        register = facts.fields.get("model")
        if register is not None and _is(module.fn(facts.scope), register, cls):
            lineage = (one for name in module.cls(number).library_types() for one in libraries.lineage(name))
            if _PAGE in lineage:
                return True
    for fn in module.functions():
        if "register" in fn.facts.names:
            for number, call in link(fn).calls.items():
                given = fn.facts.ops[number][2] if call.name == "register" else ()
                if any(_is(fn, one, cls) for one in given):
                    return True
    return False


def _is(fn: Fn, register: int, cls: Cls) -> bool:
    kind = link(fn).types[register]
    return kind is not None and kind.kind == "class" and (kind.ref is cls or kind.ref in cls.mro())
