"""What a check is, the names that a check may import, and the registry.

A check is a module in ``checks/``: its docstring is its documentation (its Bad and Good examples are
tests), ``check = Check("RMW104", "lost-arithmetic", since="0.1")`` names it, and a generator subscribed by
``@check.on_function`` (or ``on_events``, ``on_windows``, ``on_class``, ``on_module``) yields violations.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.program.types import Type
from rmwlint.violation import Step, Violation
from rmwlint.windows.creations.creation import Creation
from rmwlint.windows.creations.deletions import Deletion
from rmwlint.windows.files.piecewise import Piecewise, piecewise
from rmwlint.windows.files.rewrites import Rewrite, asked_for, key_of, lasting, rewrites
from rmwlint.windows.files.streams import Stream
from rmwlint.windows.find import Window, same_place
from rmwlint.windows.memory.locksets import Access, Lockset, class_locksets, module_locksets, unlocked_methods
from rmwlint.windows.memory.named_locks import saves_outside
from rmwlint.windows.memory.setups import Setup
from rmwlint.windows.memory.shared import SharedWindow
from rmwlint.windows.memory.started import Started
from rmwlint.windows.names import is_timestamp, is_version
from rmwlint.windows.objects.stores import KeyLock, StoreWindow
from rmwlint.windows.story import (
    both_pass,
    creation_steps,
    deletion_steps,
    lost_update,
    numbering_steps,
    place_text,
    store_steps,
    window_steps,
)
from rmwlint.windows.values import UNKNOWN, Event, Held, Place, Value
from rmwlint.windows.view import Lines, View

HIGH, MEDIUM, LOW = 3, 2, 1

__all__ = [
    "HIGH",
    "LOW",
    "MEDIUM",
    "UNKNOWN",
    "Access",
    "Check",
    "ClassView",
    "Cls",
    "Creation",
    "Deletion",
    "Event",
    "Fn",
    "Held",
    "KeyLock",
    "Lockset",
    "ModuleScope",
    "Piecewise",
    "Place",
    "Rewrite",
    "Setup",
    "SharedWindow",
    "Started",
    "Step",
    "StoreWindow",
    "Stream",
    "Type",
    "Value",
    "View",
    "Violation",
    "Window",
    "asked_for",
    "both_pass",
    "class_locksets",
    "creation_steps",
    "deletion_steps",
    "is_timestamp",
    "is_version",
    "key_of",
    "lasting",
    "lost_update",
    "module_locksets",
    "numbering_steps",
    "piecewise",
    "place_text",
    "registry",
    "rewrites",
    "same_place",
    "saves_outside",
    "store_steps",
    "unlocked_methods",
    "window_steps",
]


class ClassView(NamedTuple):
    """One class under the eyes of the checks: views of its methods."""

    cls: Cls
    methods: tuple[View, ...]


class ModuleScope(NamedTuple):
    """One module under the eyes of the checks: views of all its functions, its body first."""

    module: ModuleView
    functions: tuple[View, ...]


OnFunction = Callable[[View], Iterator[Violation]]
OnClass = Callable[[ClassView], Iterator[Violation]]
OnModule = Callable[[ModuleScope], Iterator[Violation]]


class Check:
    """A question about windows. ``default``: whether it is on when nothing is selected."""

    def __init__(self, code: str, name: str, *, since: str, default: bool = True) -> None:
        frame = sys._getframe(1)
        self.code = code
        self.name = name
        self.since = since
        self.default = default
        self.module: str = frame.f_globals["__name__"]
        self.doc: str = frame.f_globals.get("__doc__") or ""
        self.of_function: list[OnFunction] = []
        self.of_events: list[OnFunction] = []
        self.of_windows: list[OnFunction] = []
        self.of_class: list[OnClass] = []
        self.of_module: list[OnModule] = []

    def on_function(self, find: OnFunction) -> OnFunction:
        """Subscribe to every function, lambda and module body."""
        self.of_function.append(find)
        return find

    def on_events(self, find: OnFunction) -> OnFunction:
        """Subscribe to the functions in which anything happens that a check may ask for: most are quiet."""
        self.of_events.append(find)
        return find

    def on_windows(self, find: OnFunction) -> OnFunction:
        """Subscribe to the functions that have a window, also one that is closed, or on shared memory."""
        self.of_windows.append(find)
        return find

    def on_class(self, find: OnClass) -> OnClass:
        """Subscribe to every class."""
        self.of_class.append(find)
        return find

    def on_module(self, find: OnModule) -> OnModule:
        """Subscribe to every module."""
        self.of_module.append(find)
        return find


_registry: dict[str, Check] = {}


def registry() -> dict[str, Check]:
    """All checks by code."""
    if not _registry:
        package = importlib.import_module("rmwlint.checks")
        found: dict[str, Check] = {}
        for module in pkgutil.iter_modules(package.__path__):
            check = getattr(importlib.import_module(f"rmwlint.checks.{module.name}"), "check", None)
            if isinstance(check, Check):
                if check.code in found:
                    raise RuntimeError(f"{check.code} is both {found[check.code].module} and {check.module}")
                found[check.code] = check
        _registry.update(sorted(found.items()))
    return _registry


def module_scope(module: ModuleView, lines: Lines) -> ModuleScope:
    """The views of one module."""
    return ModuleScope(module, tuple(View(fn, lines) for fn in module.functions()))
