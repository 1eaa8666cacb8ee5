"""Which module's questions led to which files: what an answer about a file rests on.

A module's code is linked on its behalf: whatever name of another module it needs is asked for as seen from
its own file. So an answer about a file rests on the files its own questions led to, on those that theirs led
to, and so on, and on nothing else but hints from the text of the project, which are kept apart.

Some are asked by a check about its own file and by nobody else (do the other callers of that function hold a
lock?). The answer about that file rests on what they led to; whoever calls into the file does not.

Some questions look no further than at what a file itself says: which names it defines and imports, or what
stands in its functions of one name. They are kept apart too, since most changes of a file change neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple


class LedTo(NamedTuple):
    """The files that the questions from each file led to. ``names``: those whose names alone were looked at;
    ``bodies``: files, and the name of those of their functions that were looked at alone; ``checked``: those
    that checks of the file led to, and nothing that others can ask."""

    files: Mapping[Path, set[Path]]
    names: Mapping[Path, set[Path]]
    bodies: Mapping[Path, set[tuple[Path, str]]]
    checked: Mapping[Path, set[Path]]


class Asked:
    """``words``: the qualified names that were asked for from a file, modules or what lies in them;
    ``names``: modules whose names alone were; ``files``, ``outlined`` and ``bodies``: those that were looked
    at without being asked for by name, outlined for their names alone; ``checked``: those that only a check
    of the file looked at; ``hints``: what was asked of the project's text, or of what the functions of a file
    call."""

    def __init__(self) -> None:
        #: the file that checks are looking at now
        self.checking: Path | None = None
        self.words: dict[Path, set[str]] = {}
        self.names: dict[Path, set[str]] = {}
        self.files: dict[Path, set[Path]] = {}
        self.outlined: dict[Path, set[Path]] = {}
        self.bodies: dict[Path, set[tuple[Path, str]]] = {}
        self.checked: dict[Path, set[Path]] = {}
        self.hints: dict[Path, set[str]] = {}
        self._derived: set[tuple[Path, int]] = set()

    def hint(self, near: Path, kind: str, names: Iterable[str], files: Iterable[Path] = ()) -> None:
        """The project's text was asked for names on behalf of ``near``, and those files were looked at."""
        self.hints.setdefault(near, set()).update([f"{kind} {name}" for name in names])
        self.files.setdefault(near, set()).update(files)

    def file(self, near: Path, path: Path) -> None:
        """A module was looked at that a question had already found."""
        if path != near:
            self.files.setdefault(near, set()).add(path)

    def file_for_check(self, near: Path, path: Path) -> None:
        """A module was looked at for a check of ``near``, in a question that nobody else asks about that."""
        if path != near:
            self.checked.setdefault(near, set()).add(path)

    def outlines(self, near: Path, files: Iterable[Path]) -> None:
        """These files were looked at for what their names mean: classes and what they are derived from."""
        self.outlined.setdefault(near, set()).update(files)

    def calls(self, near: Path, path: Path, packages: Iterable[str]) -> None:
        """It was looked at what the functions of a file call of these packages, and at its names."""
        self.hints.setdefault(near, set()).add(f"calls {','.join(sorted(packages))} {path}")
        self.outlines(near, (path,))

    def uses(self, near: Path, path: Path, name: str) -> None:
        """It was looked at how the functions of a file use a name, and nothing was linked for it."""
        if path != near:
            self.hints.setdefault(near, set()).add(f"uses {name} {path}")
            self.outlines(near, (path,))

    def functions(self, near: Path, name: str, files: Iterable[Path]) -> None:
        """The functions of that name in these files were looked at, and nothing else of them."""
        self.bodies.setdefault(near, set()).update([(path, name) for path in files])

    def first(self, near: Path, subject: object) -> bool:
        """Whether this subject is new to ``near``: then its hints are to be told."""
        key = (near, id(subject))
        if key in self._derived:
            return False
        self._derived.add(key)
        return True

    def led_to(self, find: Callable[[str, Path], tuple[Path, ...]]) -> LedTo:
        """The files that the questions from each file led to.

        ``find`` gives the files in which a qualified name was looked for, as seen from a file.
        """
        files = {near: set(paths) for near, paths in self.files.items()}
        names = {near: set(paths) for near, paths in self.outlined.items()}
        for words, found in ((self.words, files), (self.names, names)):
            for near, asked in words.items():
                paths = found.setdefault(near, set())
                for word in asked:
                    paths.update(find(word, near))
        return LedTo(files, names, self.bodies, self.checked)
