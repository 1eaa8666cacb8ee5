"""Whether two versions of a file mean the same, though comments, blank lines or line breaks differ."""

from __future__ import annotations

import re
from typing import TypeVar

from rmwlint.facts.model import Class, Function, Module, Position

_LAMBDA = re.compile(r"<lambda:\d+>")


def same_but_for_places(one: Module, other: Module) -> bool:
    """Whether the facts are equal when it is left out where in the text they stand."""
    return (
        len(one.functions) == len(other.functions)
        and len(one.classes) == len(other.classes)
        and one._replace(functions=(), classes=()) == other._replace(functions=(), classes=())
        and all(map(_same_class, map(_nameless, one.classes), map(_nameless, other.classes)))
        and all(map(_same_function, map(_nameless, one.functions), map(_nameless, other.functions)))
        and _order(one) == _order(other)
    )


def places_moved(one: Module, other: Module) -> dict[Position, Position]:
    """Where everything that stands somewhere in a module stands in another that is the same but for places.

    What stood together and does no more is left out.
    """
    moved: dict[Position, Position] = {}
    apart: set[Position] = set()
    for before, after in zip(one.functions, other.functions):
        for old, new in zip(before.spans, after.spans):
            if moved.setdefault(old, new) != new:
                apart.add(old)
    for old in apart:
        del moved[old]
    return moved


def functions_changed(one: Module, other: Module) -> list[int] | None:
    """The functions that mean something else; None where more than functions' bodies is different."""
    bare, changed = (module._replace(functions=(), classes=()) for module in (one, other))
    if (
        bare != changed
        or len(one.functions) != len(other.functions)
        or len(one.classes) != len(other.classes)
        or not all(_same_class(_loose(cls), _loose(now)) for cls, now in zip(one.classes, other.classes))
    ):
        return None
    numbers = []
    for number, (before, after) in enumerate(zip(one.functions, other.functions)):
        if before is after:
            continue
        name = _unnumbered(before.qualname)
        if name != _unnumbered(after.qualname):
            return None
        if not _same_function(before._replace(qualname=name), after._replace(qualname=name)):
            numbers.append(number)
    return None if 0 in numbers else numbers


def _unnumbered(qualname: str) -> str:
    """The name of a function without the lines of the lambdas that it stands in."""
    return _LAMBDA.sub("<lambda>", qualname) if "<lambda:" in qualname else qualname


_Named = TypeVar("_Named", Class, Function)


def _nameless(named: _Named) -> _Named:
    """A class or function whose name does not tell the lines of lambdas."""
    if "<lambda:" not in named.qualname:
        return named
    return named._replace(name=_unnumbered(named.name), qualname=_unnumbered(named.qualname))


def _order(module: Module) -> list[int]:
    """The functions in the order of their names, which decides between equals."""
    return sorted(range(len(module.functions)), key=lambda number: module.functions[number].qualname)


def _loose(cls: Class) -> Class:
    """The class without the registers that its methods' bodies number."""
    fields = {name: tuple((function, 0) for function, _ in found) for name, found in cls.self_fields.items()}
    return cls._replace(self_fields=fields)


def _same_function(one: Function, other: Function) -> bool:
    return one._replace(line=0, end_line=0, spans=()) == other._replace(line=0, end_line=0, spans=())


def _same_class(one: Class, other: Class) -> bool:
    return one._replace(line=0, end_line=0) == other._replace(line=0, end_line=0)
