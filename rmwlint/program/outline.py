"""What the text of a whole project says, without parsing it.

Who derives from a class, and who else defines a method, cannot be known from the modules that a question has
loaded so far: the answer would depend on what was asked before. So the files are searched, once a run and
only when a question needs it, for the two shapes ``class Name(Base, …)`` and ``def name``; what is found is
only a hint where to look, and is verified against the facts of the modules it names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

_SHAPES = re.compile(rb"^[ \t]*class[ \t]+(\w+)[ \t]*\(([^)]*)\)|^[ \t]+(?:async[ \t]+)?def[ \t]+(\w+)", re.M)
_NAME = re.compile(rb"\w+(?=[ \t\r\n]*(?:[,\[)]|\Z))")


class Outline:
    """The outline of some files. ``read`` gives a file's bytes, None where it cannot be read."""

    def __init__(self, files: Sequence[Path], read: Callable[[Path], bytes | None]) -> None:
        self.files = files
        self._read = read
        self._children: dict[str, list[tuple[Path, str]]] | None = None
        self._methods: dict[str, list[Path]] = {}
        self._switches: dict[str, bool] = {}
        self._mentions: dict[str, tuple[Path, ...]] = {}

    def children(self, name: str) -> Sequence[tuple[Path, str]]:
        """(file, class) pairs of the classes that name a class of that name as a base."""
        return self._searched().get(name, ())

    def definitions(self, name: str) -> Sequence[Path]:
        """The files in which a function of that name is defined inside something, each once."""
        self._searched()
        return self._methods.get(name, ())

    def mentions(self, name: str) -> Sequence[Path]:
        """The files in which an identifier occurs, wherever it stands."""
        found = self._mentions.get(name)
        if found is None:
            wanted = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b")
            found = self._mentions[name] = tuple(
                path
                for path in self.files
                if (data := self._read(path)) is not None and wanted.search(data) is not None
            )
        return found

    def sets(self, name: str) -> bool:
        """Whether a settings module gives the switch ``name`` the value True."""
        if name not in self._switches:
            self._switches[name] = self._sets(name)
        return self._switches[name]

    def _sets(self, name: str) -> bool:
        wanted = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b['\"]?[ \t]*\]?[ \t]*[:=][ \t]*True\b")
        return any(
            wanted.search(data) is not None
            for path in self.files
            if _holds_settings(path) and (data := self._read(path)) is not None
        )

    def _searched(self) -> dict[str, list[tuple[Path, str]]]:
        if self._children is None:
            self._children = {}
            for path in self.files:
                data = self._read(path)
                if data is not None:
                    self._search(path, data)
        return self._children

    def _search(self, path: Path, data: bytes) -> None:
        assert self._children is not None
        for match in _SHAPES.finditer(data):
            name, bases, method = match.groups()
            if method is not None:
                known = self._methods.setdefault(method.decode(errors="replace"), [])
                if not known or known[-1] != path:
                    known.append(path)
                continue
            for base in _NAME.findall(bases):
                self._children.setdefault(base.decode(errors="replace"), []).append(
                    (path, name.decode(errors="replace"))
                )


def _holds_settings(path: Path) -> bool:
    return any("settings" in part or "config" in part or part.startswith("conf") for part in path.parts[-3:])
