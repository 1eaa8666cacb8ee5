"""What a test is written about: a violation, the function it is in, and the class of the row."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmwlint.config import Settings
from rmwlint.errors import UsageError
from rmwlint.libraries.load import load as load_libraries
from rmwlint.program.program import Cls, ModuleView, Program
from rmwlint.prove.stops import Function, Stop, named
from rmwlint.store import store_for
from rmwlint.violation import Violation


class Model(NamedTuple):
    """A class of rows: its import, the library that it is of, and its columns as their definitions say."""

    name: str
    module: str
    library: str
    columns: dict[str, ast.expr]
    keys: frozenset[str]


class Subject(NamedTuple):
    """``module`` is the dotted name of the file, importable from ``root``. ``owner``: the class around the
    function, if any. ``models``: the classes of rows that the function may be about, the likeliest first."""

    violation: Violation
    stop: Stop
    module: str
    root: Path
    tree: ast.Module
    function: Function
    owner: ast.ClassDef | None
    models: tuple[Model, ...]

    @property
    def parameters(self) -> list[ast.arg]:
        """What a caller must give, without ``self``; what has a default is left out."""
        arguments = self.function.args
        listed = [*arguments.posonlyargs, *arguments.args]
        required = listed[: len(listed) - len(arguments.defaults)]
        if self.owner is not None and not self._decorated("staticmethod"):
            required = required[1:]
        return required + [
            one for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults) if default is None
        ]

    @property
    def on_instance(self) -> bool:
        """Whether the function is called on an object of its class."""
        return self.owner is not None and not self._decorated("staticmethod", "classmethod")

    @property
    def is_async(self) -> bool:
        """Whether a call gives a coroutine."""
        return isinstance(self.function, ast.AsyncFunctionDef)

    def _decorated(self, *names: str) -> bool:
        listed = self.function.decorator_list
        return any(isinstance(one, ast.Name) and one.id in names for one in listed)


def subject_of(violation: Violation, stop: Stop, settings: Settings) -> Subject:
    """All that can be known of the violation's surroundings without running them.

    Raises UsageError where it is in no function that can be called by its name.
    """
    path = Path(violation.path)
    tree = ast.parse(path.read_bytes())
    function = named(tree, violation.function)
    owner = _owner(tree, violation.function)
    if function is None or (owner is None and "." in violation.function):
        raise UsageError(f"{path}:{violation.line}: `{violation.function}` cannot be called from outside.")
    store = store_for([path], settings, None)
    program = Program(store, load_libraries(settings.libraries))
    view = program.module_of(path)
    assert view is not None, "a file with a violation has been parsed"
    depth = view.name.count(".") + 1 + (path.name == "__init__.py")
    root = Path(os.path.abspath(path)).parents[depth - 1]
    models = tuple(_models(view, function, violation))
    return Subject(violation, stop, view.name, root, tree, function, owner, models)


def _owner(tree: ast.Module, function: str) -> ast.ClassDef | None:
    outer, _, _ = function.rpartition(".")
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == outer:
            return node
    return None


def _models(view: ModuleView, function: Function, violation: Violation) -> Iterator[Model]:
    hinted = dict(violation.hints).get("class")
    classes = list(dict.fromkeys(_classes(view, function, hinted)))
    classes.sort(key=lambda cls: (cls.name != hinted, cls.name != violation.place.partition(".")[0]))
    for cls in classes:
        library = (
            "django" if cls.is_a("django.Model") else "sqlalchemy" if cls.is_a("sqlalchemy.Mapped") else ""
        )
        if library:
            yield Model(cls.name, cls.module.name, library, _columns(cls), cls.keys())


def _classes(view: ModuleView, function: Function, hinted: str | None) -> Iterator[Cls]:
    """The classes that the function names, directly or below a module, and the one that was hinted at."""
    for node in ast.walk(function):
        found = None
        if isinstance(node, ast.Name):
            found = view.symbol(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            outer = view.symbol(node.value.id)
            found = view.program.attribute(outer, node.attr) if outer is not None else None
        if found is not None and found.kind == "class":
            yield found.ref
    if hinted is None:
        return
    modules = {view.name: view}
    for name in (*view.facts.class_defs, *view.facts.imports):
        found = view.symbol(name)
        if found is not None and found.kind == "class":
            modules[found.ref.module.name] = found.ref.module
        elif found is not None and found.kind == "module" and isinstance(found.ref, ModuleView):
            modules[found.ref.name] = found.ref
    for module in modules.values():
        if hinted in module.facts.class_defs:
            yield module.cls(module.facts.class_defs[hinted])


def _columns(cls: Cls) -> dict[str, ast.expr]:
    """Every class-level name that is given a call or an annotation, of the class and its bases."""
    found: dict[str, ast.expr] = {}
    for base in reversed(cls.mro()):
        node = _class_node(base)
        for statement in node.body if node is not None else ():
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                if isinstance(statement.value, ast.Call):
                    found[statement.targets[0].id] = statement.value
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                told: list[ast.expr] = [statement.annotation, *([statement.value] if statement.value else [])]
                found[statement.target.id] = ast.Tuple(told, ast.Load())
    return found


def _class_node(cls: Cls) -> ast.ClassDef | None:
    tree = ast.parse(Path(cls.module.facts.path).read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.lineno == cls.facts.line and node.name == cls.name:
            return node
    return next((n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == cls.name), None)
