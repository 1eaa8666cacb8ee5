"""The engine's one entry: files in, violations out."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from rmwlint.check import Check, ClassView, ModuleScope, View, module_scope, registry
from rmwlint.libraries.index import Libraries
from rmwlint.program.program import Fn, ModuleView, Program
from rmwlint.store import Store
from rmwlint.violation import Failure, Violation

#: Questions go from function to function along calls and base classes; deep chains are real.
_STACK = 512 * 1024 * 1024
_RECURSION = 50_000

#: held while the process's limits are looked at and set
_guard = threading.Lock()
#: how many rely on the recursion limit that is set, and which one there was before
_relying = 0
_usual = 0


def analyse(
    paths: Sequence[Path],
    store: Store,
    libraries: Libraries,
    *,
    codes: frozenset[str],
    unlikely: bool = True,
    program: Program | None = None,
) -> Iterator[Violation]:
    """The violations in the files; other modules are loaded through the store when a question needs them.

    ``unlikely``: whether those of low confidence are wanted; without them many functions need no look.
    ``program`` is one over this store that is already linked in parts.

    An exception in one function costs that function: it becomes a Failure of the store.
    """
    found: list[Violation] = []
    asked = program or Program(store, libraries, unlikely=unlikely)
    _deep(lambda: found.extend(_analyse(paths, store, asked, codes)))
    yield from found


@contextmanager
def _room() -> Iterator[None]:
    """Room for deep recursion, in every thread of the process: until the last who needs it has left."""
    global _relying, _usual
    with _guard:
        if not _relying:
            _usual = sys.getrecursionlimit()
            sys.setrecursionlimit(_RECURSION)
        _relying += 1
    try:
        yield
    finally:
        with _guard:
            _relying -= 1
            if not _relying:
                sys.setrecursionlimit(_usual)


def _deep(work: Callable[[], None]) -> None:
    """Do the work in a thread that has room for deep recursion."""
    wrong: list[BaseException] = []

    def caught() -> None:
        try:
            work()
        except BaseException as error:  # handed over to the caller's thread
            wrong.append(error)

    thread = threading.Thread(target=caught, daemon=True)
    with _room():
        with _guard:
            size = threading.stack_size(_STACK)
            try:
                thread.start()
            finally:
                threading.stack_size(size)
        thread.join()
    if wrong:
        raise wrong[0]


def glance(
    module: ModuleView, functions: Sequence[int], store: Store, codes: frozenset[str]
) -> list[Violation]:
    """What the checks of single functions say of these functions of a module."""
    found: list[Violation] = []

    def work() -> None:
        scope = module_scope(module, lambda fn: store.source_lines(fn.module.path))
        looked_at = _Subjects(
            scope._replace(functions=tuple(scope.functions[one] for one in functions)), store
        )
        for code, check in registry().items():
            if code in codes:
                found.extend(_by_function(check, looked_at, store))

    _deep(work)
    return found


def _analyse(
    paths: Sequence[Path], store: Store, program: Program, codes: frozenset[str]
) -> Iterator[Violation]:
    checks = [check for code, check in registry().items() if code in codes]

    def lines(fn: Fn) -> Sequence[str]:
        return store.source_lines(fn.module.path)

    for path in paths:
        module = program.module_of(path)
        if module is None:
            continue
        scope = module_scope(module, lines)
        subjects = _Subjects(scope, store)
        program.asked.checking = path
        try:
            for check in checks:
                yield from _checked(check, subjects, store)
        finally:
            program.asked.checking = None


class _Subjects:
    """What the checks look at in one module, each kind found once."""

    def __init__(self, scope: ModuleScope, store: Store) -> None:
        self.scope = scope
        self._store = store

    @cached_property
    def with_events(self) -> tuple[View, ...]:
        """The functions in which something happens."""
        return self._those(self.scope.functions, lambda view: not view.quiet)

    @cached_property
    def with_windows(self) -> tuple[View, ...]:
        """The functions that have windows."""
        return self._those(self.with_events, lambda view: bool(view.windows or view.shared_windows))

    def _those(self, views: tuple[View, ...], wanted: Callable[[View], bool]) -> tuple[View, ...]:
        path = self.scope.module.facts.path
        found = []
        for view in views:
            try:
                if wanted(view):
                    found.append(view)
            except Exception as error:
                _failed(error, self._store, path, view.fn.facts.qualname)
        return tuple(found)


def _by_function(check: Check, subjects: _Subjects, store: Store) -> Iterator[Violation]:
    scope = subjects.scope
    path = scope.module.facts.path
    by_function = (
        (check.of_function, scope.functions),
        (check.of_events, subjects.with_events if check.of_events else ()),
        (check.of_windows, subjects.with_windows if check.of_windows else ()),
    )
    for finds, views in by_function:
        for find in finds:
            for view in views:
                yield from _guarded(find, view, store, path, view.fn.facts.qualname)


def _checked(check: Check, subjects: _Subjects, store: Store) -> Iterator[Violation]:
    scope = subjects.scope
    path = scope.module.facts.path
    yield from _by_function(check, subjects, store)
    for find_class in check.of_class:
        for index, facts in enumerate(scope.module.facts.classes):
            methods = tuple(scope.functions[method] for method in facts.methods.values())
            yield from _guarded(
                find_class, ClassView(scope.module.cls(index), methods), store, path, facts.qualname
            )
    for find_module in check.of_module:
        yield from _guarded(find_module, scope, store, path, "")


def _guarded(
    find: Callable[[Any], Iterator[Violation]], subject: Any, store: Store, path: str, function: str
) -> list[Violation]:
    try:
        return list(find(subject))
    except Exception as error:
        _failed(error, store, path, function)
        return []


def _failed(error: Exception, store: Store, path: str, function: str) -> None:
    message = f"internal error: {type(error).__name__}: {error}"
    failure = Failure(path, function, message, traceback.format_exc())
    if all((f.path, f.function) != (path, function) for f in store.failures):
        store.failures.append(failure)
