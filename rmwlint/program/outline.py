"""What the text of a whole project says, without parsing it.

Who derives from a class, and who else defines a method, cannot be known from the modules that a question has
loaded so far: the answer would depend on what was asked before. So the files are searched, once a run and
only when a question needs it, for the two shapes ``class Name(Base, …)`` and ``def name``; what is found is
only a hint where to look, and is verified against the facts of the modules it names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rmwlint.source.shapes import NO_SHAPES, Shapes, Text, holds_settings, mentions, nothing_known, shapes_of

#: so many names are looked for one by one; then it is cheaper to know all words of all files
_MANY = 20
_WORD = re.compile(rb"[A-Za-z0-9_]+")


class Outline:
    """The outline of some files. ``read`` gives a file's bytes, None where it cannot be read.

    ``known`` says what is known without reading. ``shapes`` and ``mentioned``: what was asked for, and found.
    """

    def __init__(
        self,
        files: Sequence[Path],
        read: Callable[[Path], bytes | None],
        known: Callable[[], Text] = nothing_known,
    ) -> None:
        self.files = files
        self.shapes: dict[Path, Shapes] = {}
        self.mentioned: dict[str, tuple[Path, ...]] = {}
        self._switches: dict[str, bool] = {}
        self._read = read
        self._known = known
        self._children: dict[str, list[tuple[Path, str]]] | None = None
        self._words: dict[bytes, list[int]] | None = None
        self._looked_for = 0
        self._methods: dict[str, list[Path]] = {}
        self._beside: dict[Path, frozenset[str]] = {}

    def beside(self, folder: Path) -> frozenset[str]:
        """The names of the modules and packages that stand in a folder."""
        found = self._beside.get(folder)
        if found is None:
            parts = len(folder.parts)
            found = self._beside[folder] = frozenset(
                path.parts[parts].removesuffix(".py")
                for path in self.files
                if path.parts[:parts] == folder.parts and len(path.parts) > parts
            )
        return found

    def children(self, name: str) -> Sequence[tuple[Path, str]]:
        """(file, class) pairs of the classes that name a class of that name as a base."""
        return self._searched().get(name, ())

    def definitions(self, name: str) -> Sequence[Path]:
        """The files in which a function of that name is defined inside something, each once."""
        self._searched()
        return self._methods.get(name, ())

    def mentions(self, name: str) -> Sequence[Path]:
        """The files in which an identifier occurs, wherever it stands."""
        found = self.mentioned.get(name)
        if found is None:
            known = self._known().mentions.get(name)
            if known is not None:
                found = tuple(path for path in self.files if str(path) in known)
            else:
                found = tuple(self._mentioning(name))
            self.mentioned[name] = found
        return found

    def _mentioning(self, name: str) -> Iterator[Path]:
        word = name.encode()
        self._looked_for += 1
        if self._looked_for > _MANY and _WORD.fullmatch(word):
            if self._words is None:
                self._words = self._all_words()
            yield from (self.files[number] for number in self._words.get(word, ()))
            return
        for path in self.files:
            data = self._read(path)
            if data is not None and mentions(data, name):
                yield path

    def _all_words(self) -> dict[bytes, list[int]]:
        """The numbers of the files that a word occurs in, in their order."""
        found: dict[bytes, list[int]] = {}
        for number, path in enumerate(self.files):
            for word in set(_WORD.findall(self._read(path) or b"")):
                found.setdefault(word, []).append(number)
        return found

    def sets(self, name: str) -> bool:
        """Whether a settings module gives the entry ``name`` of a dict the value True: a setting of that name
        which stands by itself is nobody's."""
        if name not in self._switches:
            self._switches[name] = self._sets(name)
        return self._switches[name]

    def _sets(self, name: str) -> bool:
        own = re.escape(name.encode())
        wanted = re.compile(
            rb"['\"]" + own + rb"['\"][ \t]*\]?[ \t]*[:=][ \t]*True\b"  # "name": True, d["name"] = True
            rb"|[(,\s]" + own + rb"=True[ \t]*[,)]"  # dict(name=True)
            rb"|[(,]\s*" + own + rb"=True\b"
        )
        return any(
            wanted.search(data) is not None
            for path in self.files
            if holds_settings(str(path)) and (data := self._read(path)) is not None
        )

    def _searched(self) -> dict[str, list[tuple[Path, str]]]:
        if self._children is None:
            self._children = {}
            known = self._known().shapes
            for path in self.files:
                shapes = known.get(str(path))
                if shapes is None:
                    data = self._read(path)
                    shapes = NO_SHAPES if data is None else shapes_of(data)
                self.shapes[path] = shapes
                for name, bases in shapes[0]:
                    for base in bases:
                        self._children.setdefault(base, []).append((path, name))
                for method in shapes[1]:
                    self._methods.setdefault(method, []).append(path)
        return self._children
