"""Files under an editor: the same program, asked again and again while one file of it changes.

What was learnt stays. A changed text replaces its own module and no other, so what other modules know of it
is as old as the last :meth:`Session.refresh`; an editor asks for that when a file is saved.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rmwlint.asking import Judge, cache_for, found_in, library_cache, store_for
from rmwlint.codes import all_codes
from rmwlint.config import Settings
from rmwlint.libraries.load import load as load_libraries
from rmwlint.program.program import Program
from rmwlint.report.result import Result
from rmwlint.request import Request
from rmwlint.runner import without_garbage_collection
from rmwlint.silence import skips


class Session:
    """One project under one set of settings. ``near`` is a file of it. Use it from one thread at a time.

    Raises RmwlintError where the settings, or a library model that they name, cannot be used.
    """

    def __init__(self, near: Path, settings: Settings) -> None:
        self.settings = settings
        self._near = near
        self._judge = Judge(settings, all_codes())
        self._cache = cache_for(Request([str(near)], settings))
        self._libraries = load_libraries(settings.libraries, cache=library_cache(self._cache))
        self._texts: dict[Path, bytes] = {}
        self._start()

    def check(self, path: Path, text: bytes) -> Result:
        """The result for one file, taken to have this text."""
        if self._texts.get(path) != text:
            self._texts[path] = text
            self._store.give(path, text)
            self._program.forget(path)
        del self._store.failures[:]
        with without_garbage_collection():
            files = [] if skips(path, self._store) else [path]
            found = list(found_in(files, self._store, self._libraries, self._judge.codes, self._program))
            return self._judge.result(found, path, self._store)

    def refresh(self, changed: Iterable[Path] = (), *, moved: bool = False) -> None:
        """Link everything anew. ``changed`` files are read again; ``moved``: some came or went."""
        if moved:
            self._start()
            return
        for path in changed:
            if path not in self._texts:
                self._store.forget(path)
        self._program = self._linked_anew()

    def release(self, path: Path) -> None:
        """The file is on the disk again, and nowhere else."""
        if self._texts.pop(path, None) is not None:
            self._store.forget(path)
            self._program.forget(path)

    def close(self) -> None:
        """Keep what was learnt for the next run."""
        if self._cache is not None:
            self._cache.close()

    def _linked_anew(self) -> Program:
        return Program(self._store, self._libraries, unlikely=self._judge.unlikely)

    def _start(self) -> None:
        self._store = store_for([self._near], self.settings, self._cache)
        for path, text in self._texts.items():
            self._store.give(path, text)
        self._program = self._linked_anew()
