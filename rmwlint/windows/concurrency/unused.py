"""Functions of a module that nothing in the project calls or mentions, and static methods that nothing calls.

What is left over is run by nobody, or by hand. It takes a project that shows the opposite of the module's
other functions: where it uses few of them outside the module, others are meant to.
"""

from __future__ import annotations

from pathlib import Path

from rmwlint.program.calling import call_sites, handed_over, public
from rmwlint.program.program import Fn, ModuleView

#: fewer other functions than this show nothing
_FEWEST = 5
#: a name that more files have is no name of one function
_MOST_FILES = 24


def unused(fn: Fn) -> bool:
    """Whether a public, undecorated function of a module is used nowhere in a project that uses nearly all
    others of the module."""
    known = fn.memo.get("unused")
    if known is None:
        known = fn.memo["unused"] = (
            _plain(fn) and not _mentioned(fn) and _others_used(fn.module, fn)
        ) or _static_unused(fn)
    return bool(known)


def _static_unused(fn: Fn) -> bool:
    """Whether it is a static method, of a class that a framework uses, which no call in the project reaches:
    a framework calls none but its own."""
    if fn.owner is None or fn.decorator_names != ("staticmethod",) or not fn.owner.library_types():
        return False
    few = len(fn.module.program.mentions(fn.facts.name, fn.module.path)) <= _MOST_FILES
    return few and not _inside(fn) and not call_sites(fn) and not handed_over(fn)


def _plain(fn: Fn) -> bool:
    return fn.index != 0 and fn.owner is None and public(fn) and not fn.facts.decorators


def _mentioned(fn: Fn) -> bool:
    return _inside(fn) or _outside(fn)


def _inside(fn: Fn) -> bool:
    """Whether the module itself loads the function's name, or exports it by an ``__all__``."""
    name = fn.facts.name
    return any(
        ("name", name) in other.ops or ("const", name) in other.ops for other in fn.module.facts.functions
    )


def _outside(fn: Fn) -> bool:
    return bool(_files(fn.module, fn.facts.name))


def _files(module: ModuleView, name: str) -> set[Path]:
    """The other files of the project whose text has a name."""
    return {path for path in module.program.mentions(name, module.path) if path != module.path}


def _others_used(module: ModuleView, fn: Fn) -> bool:
    others = [other for other in module.functions() if other is not fn and _plain(other)]
    if len(others) < _FEWEST:
        return False
    knowing = _files(module, module.name.rpartition(".")[2])
    outside = sum(not knowing.isdisjoint(_files(module, other.facts.name)) for other in others)
    return 0 < len(others) <= outside * 2 and sum(map(_mentioned, others)) * 5 >= len(others) * 4
