"""Attributes of rows that are no container in a column: related rows, each kept by itself, and objects
that do more than a container can.

``film.cast = relationship("Actor")``: what is appended is a row of its own, or of the table between; two who
append write two rows.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from fnmatch import fnmatchcase

from rmwlint.program.link import register_type
from rmwlint.program.named import classes_named
from rmwlint.program.program import Cls, Fn
from rmwlint.program.types import Type
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.find import Window

#: what a column can hold that is changed in place: JSON knows no sets
_CONTAINERS = (dict, list, deque, OrderedDict, Counter)


def no_container(fn: Fn, window: Window) -> bool:
    """Whether what a window takes for a container is none, as the class of the row declares it: the class
    that is known, or the one that the row is named after."""
    name = window.attribute
    if not name:
        return False
    if name.startswith("__"):
        return True  # the table of the class, and the like: no column
    kinds = [window.write.type, window.read.type if window.read is not None else None]
    classes = [kind.ref for kind in kinds if kind is not None and kind.kind == "instance"]
    if not classes and window.write.place is not None:
        row = window.write.place.text.rpartition(".")[2]
        named: list[Type] = list(classes_named(fn.module, row)) if row.isidentifier() else []
        classes = [kind.ref for kind in named]
    if not any(cls.speaking_of(name) for cls in classes) and _named_as_related(fn, window):
        return True
    return any(_related(cls, name) for cls in classes) or _does_more(fn, name) or _saved_itself(fn, window)


def _named_as_related(fn: Fn, window: Window) -> bool:
    """Whether an attribute is called as those are by which the library of a row reaches related rows:
    ``author.book_set``."""
    library = window.write.row.library if window.write.row is not None else None
    types = fn.module.program.libraries.types.values()
    names = [name for one in types if one.name.partition(".")[0] == library for name in one.related_as]
    return any(fnmatchcase(str(window.attribute), name) for name in names)


def _saved_itself(fn: Fn, window: Window) -> bool:
    """Whether the function saves what the attribute holds: it is a row of its own."""
    place = window.write.place
    held = ("attr", place.symbol, window.attribute) if place is not None else None
    return any(
        event.does == "write" and event.place is not None and event.place.symbol == held
        for event in heard(fn).events
    )


def _does_more(fn: Fn, name: str) -> bool:
    """Whether the function calls a method of the attribute that no container has: ``obj.tags.batch_add``."""
    ops = fn.facts.ops
    return any(
        op[0] == "call"
        and ops[op[1]][0] == "attr"
        and ops[ops[op[1]][1]][0] == "attr"
        and ops[ops[op[1]][1]][2] == name
        and not any(hasattr(kind, ops[op[1]][2]) for kind in _CONTAINERS)
        for op in ops
    )


def _related(cls: Cls, name: str) -> bool:
    program = cls.module.program
    types = program.libraries.types
    for base in cls.mro():
        register = base.facts.fields.get(name)
        if register is None:
            continue
        kind = register_type(program, base.module.fn(base.facts.scope), register)
        if kind is not None and kind.kind == "library":
            return any(types[one].one_by_key for one in program.libraries.lineage(kind.name))
        if kind is not None and kind.kind == "instance" and _relates(kind.ref):
            return True
    return False


def _relates(field: Cls) -> bool:
    """Whether a field is of a class of the project that is derived from one of a relation."""
    program = field.module.program
    types = program.libraries.types
    for base in field.mro():
        scope = base.module.fn(base.facts.scope)
        for register, written in zip(base.facts.bases, base.facts.base_names):
            found = program.base_type(scope, register, written)
            if found is None or found.kind != "external":
                continue
            given = [row.gives for row in program.libraries.function_meaning(found.name, {}) if row.gives]
            names = [text.partition("[")[0] for text in given]
            if any(name in types and types[name].one_by_key for name in names):
                return True
    return False
