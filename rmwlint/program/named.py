"""The classes that a variable's name may stand for, as far as a module's imports show.

``link.suggested_class`` gives one class, to type what nothing else types. Here all are given, for questions
that one of them may answer: what the attribute of a row is that came in with no type.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.program.program import Cls, ModuleView
from rmwlint.program.types import Type

_SUGGESTED = 2


def classes_named(module: ModuleView, identifier: str) -> Iterator[Type]:
    """Objects of the classes called ``identifier`` but for case and underscores (``order_line``,
    ``OrderLine``) that the module has, imports, or finds in a module of the program that it imports."""
    wanted = identifier.replace("_", "").lower()
    for home in (module, *_imported(module)):
        for name, index in home.facts.class_defs.items():
            if name.lower() == wanted:
                yield _object(home.cls(index))
    for name in module.facts.imports:
        if name.lower() == wanted:
            found = module.symbol(name)
            if found is not None and found.kind == "class":
                yield _object(found.ref)


def _imported(module: ModuleView) -> Iterator[ModuleView]:
    for qualified in module.facts.imports.values():
        found = module.program.resolve(qualified, module.path)
        if found.kind == "module" and found.ref is not module:
            yield found.ref


def _object(cls: Cls) -> Type:
    return Type("instance", cls.qualified, None, cls, _SUGGESTED)
