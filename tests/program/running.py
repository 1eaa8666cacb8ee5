"""Programs in memory: modules by path, and what the linker says of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rmwlint.program.link import link
from rmwlint.program.program import Fn, Program
from rmwlint.program.types import Type
from rmwlint.store import Store
from tests.checks.running import libraries


def program(folder: Path, files: Mapping[str, str]) -> Program:
    """A program of these modules, laid out in a folder of its own."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return Program(Store([folder]), libraries())


def function(made: Program, path: Path, qualname: str) -> Fn:
    """The function of that name in a file."""
    module = made.module_of(path)
    assert module is not None
    return next(fn for fn in module.functions() if fn.facts.qualname == qualname)


def type_of(fn: Fn, name: str) -> str:
    """The type of a local name, as text; empty where it is unknown."""
    return shown(link(fn).names.get(name))


def shown(kind: Type | None) -> str:
    """A type as text: ``instance shop.models.Order``, with ``?`` where it is not sure."""
    if kind is None:
        return ""
    name = f"{kind.kind} {kind.name}".strip()
    if kind.arg is not None and kind.kind != "method":
        name += f" of {shown(kind.arg)}"
    return name + "?" * (3 - kind.sure)


def targets(fn: Fn) -> list[str]:
    """The functions that the calls of a function reach, in source order."""
    return [target.qualified for call in link(fn).calls.values() for target in call.targets]
