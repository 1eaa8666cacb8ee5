"""What the names of a module mean, and how a rewrite may call what it needs.

A name that is imported already is used as it is; a module that is imported already gives its attribute;
only else an import is asked for, in the style usual for that module.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst


class Import(NamedTuple):
    """``from module import name``, or ``import module`` where ``name`` is empty."""

    module: str
    name: str


class Reach(NamedTuple):
    """How to write a thing here, and the import that it needs, if any."""

    code: str
    needs: Import | None


#: Imported as a whole, for their names say little alone.
_AS_MODULES = frozenset(["contextlib", "fcntl", "os", "tempfile", "threading", "shutil", "pathlib", "uuid"])


class Bindings:
    """The names that a module binds anywhere: by which imports, and what else."""

    def __init__(self, module: cst.Module) -> None:
        #: name → what a top-level import binds it to
        self.imported: dict[str, str] = {}
        self._meanings: dict[str, set[str]] = {}
        self._stored: set[str] = set()
        for statement in module.body:
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    self.imported.update(_imports(small))
        pending: list[cst.CSTNode] = [module]
        while pending:
            node = pending.pop()
            if isinstance(node, (cst.Import, cst.ImportFrom)):
                for name, qualified in _imports(node):
                    self._meanings.setdefault(name, set()).add(qualified)
                continue
            self._stored.update(_names_bound(node))
            pending.extend(node.children)

    def qualified(self, expression: cst.CSTNode) -> str | None:
        """The dotted name that names and attributes stand for, by the imports of the module; else None."""
        first, _, rest = dotted(expression).partition(".")
        meanings = self._meanings.get(first, set())
        if len(meanings) != 1 or first in self._stored:
            return None
        (known,) = meanings
        return f"{known}.{rest}" if rest else known

    def builtin(self, name: str) -> bool:
        """Whether the name of a builtin means the builtin."""
        return self.free(name)

    def reach(self, qualified: str) -> Reach | None:
        """How to write a qualified name here; None where its own name is taken by something else."""
        module, _, name = qualified.rpartition(".")
        for bound, known in self.imported.items():
            if known == qualified and self._only_means(bound, known):
                return Reach(bound, None)
        for bound, known in self.imported.items():
            if known == module and self._only_means(bound, known):
                return Reach(f"{bound}.{name}", None)
        if module in _AS_MODULES:
            return Reach(qualified, Import(module, "")) if self._only_means(module, module) else None
        return Reach(name, Import(module, name)) if self._only_means(name, qualified) else None

    def free(self, name: str) -> bool:
        """Whether nothing in the module binds the name."""
        return name not in self._stored and name not in self._meanings

    def _only_means(self, name: str, qualified: str) -> bool:
        """Whether whatever binds the name, if anything, binds it to this."""
        return name not in self._stored and self._meanings.get(name, {qualified}) == {qualified}


def _imports(node: cst.CSTNode) -> Iterator[tuple[str, str]]:
    """The names that an import statement binds, and what they mean; a relative module keeps its dots."""
    if isinstance(node, cst.Import):
        for alias in node.names:
            whole = dotted(alias.name)
            if alias.asname is not None:
                yield dotted(alias.asname.name), whole
            else:
                top = whole.partition(".")[0]
                yield top, top
    elif isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
        base = "." * len(node.relative) + (dotted(node.module) if node.module is not None else "")
        for alias in node.names:
            name = dotted(alias.name)
            bound = dotted(alias.asname.name) if alias.asname is not None else name
            yield bound, f"{base}.{name}"


_WITH_TARGET = (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.CompFor, cst.NamedExpr)


def _names_bound(node: cst.CSTNode) -> Iterator[str]:
    if isinstance(node, _WITH_TARGET):
        yield from _targets(node.target)
    elif isinstance(node, (cst.AsName, cst.Param)):
        yield from _targets(node.name)
    elif isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.MatchAs, cst.MatchStar)):
        if node.name is not None:
            yield node.name.value


def _targets(target: cst.CSTNode) -> Iterator[str]:
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from _targets(element.value)
    elif isinstance(target, cst.StarredElement):
        yield from _targets(target.value)


def dotted(node: cst.CSTNode) -> str:
    """``a.b.c`` for an expression of names and attributes, else empty."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        above = dotted(node.value)
        return f"{above}.{node.attr.value}" if above else ""
    return ""
