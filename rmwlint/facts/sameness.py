"""Whether two versions of a file mean the same, though comments, blank lines or line breaks differ."""

from __future__ import annotations

from rmwlint.facts.model import Class, Function, Module


def same_but_for_places(one: Module, other: Module) -> bool:
    """Whether the facts are equal when it is left out where in the text they stand."""
    return (
        len(one.functions) == len(other.functions)
        and len(one.classes) == len(other.classes)
        and one._replace(functions=(), classes=()) == other._replace(functions=(), classes=())
        and all(map(_same_class, one.classes, other.classes))
        and all(map(_same_function, one.functions, other.functions))
    )


def _same_function(one: Function, other: Function) -> bool:
    return one._replace(line=0, end_line=0, spans=()) == other._replace(line=0, end_line=0, spans=())


def _same_class(one: Class, other: Class) -> bool:
    return one._replace(line=0, end_line=0) == other._replace(line=0, end_line=0)
