"""Which module's questions led to which files: what an answer about a file rests on.

A module's code is linked on its behalf: whatever name of another module it needs is asked for as seen from
its own file. So an answer about a file rests on the files its own questions led to, on those that theirs led
to, and so on, and on nothing else but hints from the text of the project, which are kept apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path


class Asked:
    """``words``: the qualified names that were asked for from a file, modules or what lies in them;
    ``files``: those that a hint led to; ``hints``: what was asked of the project's text."""

    def __init__(self) -> None:
        self.words: dict[Path, set[str]] = {}
        self.files: dict[Path, set[Path]] = {}
        self.hints: dict[Path, set[str]] = {}
        self._derived: set[tuple[Path, int]] = set()

    def hint(self, near: Path, kind: str, names: Iterable[str], files: Iterable[Path] = ()) -> None:
        """The project's text was asked for names on behalf of ``near``, and those files were looked at."""
        self.hints.setdefault(near, set()).update([f"{kind} {name}" for name in names])
        self.files.setdefault(near, set()).update(files)

    def first(self, near: Path, subject: object) -> bool:
        """Whether this subject is new to ``near``: then its hints are to be told."""
        key = (near, id(subject))
        if key in self._derived:
            return False
        self._derived.add(key)
        return True

    def led_to(self, find: Callable[[str, Path], tuple[Path, ...]]) -> Mapping[Path, set[Path]]:
        """The files that the questions from each file led to.

        ``find`` gives the files in which a qualified name was looked for, as seen from a file.
        """
        found = {near: set(files) for near, files in self.files.items()}
        for near, words in self.words.items():
            files = found.setdefault(near, set())
            for word in words:
                files.update(find(word, near))
        return found
