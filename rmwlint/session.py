"""Files under an editor: the same program, asked again and again while one file of it changes.

What was learnt stays. A changed text replaces its own module and no other, so what other modules know of it
is as old as the last :meth:`Session.refresh`; an editor asks for that when a file is saved.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rmwlint.asking import Judge, found_in, library_cache
from rmwlint.codes import all_codes
from rmwlint.config import Settings
from rmwlint.engine import glance
from rmwlint.facts.model import Module
from rmwlint.facts.sameness import functions_changed
from rmwlint.libraries.load import load as load_libraries
from rmwlint.program.program import Program
from rmwlint.report.moved import moved
from rmwlint.report.result import Result, result_of
from rmwlint.request import Request
from rmwlint.runner import without_garbage_collection
from rmwlint.silence import skips
from rmwlint.store import cache_for, store_for

#: Where more functions have changed at once, nobody is typing.
_MOST_CHANGED = 8


class _Whole(NamedTuple):
    """What was said about a whole file when it had this text."""

    text: bytes
    facts: Module
    result: Result


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
        self._whole: dict[Path, _Whole] = {}
        self._start()

    def glance(self, path: Path, text: bytes) -> Result | None:
        """What can be said at once about a file, taken to have this text.

        The functions whose meaning has changed since the last :meth:`check` are checked; of the others the
        violations stand as they did, moved with their lines. None where more has changed than functions.
        """
        before = self._whole.get(path)
        if before is None:
            return None
        self._take(path, text)
        del self._store.failures[:]
        with without_garbage_collection():
            module = None if skips(path, self._store) else self._program.module_of(path)
            changed = functions_changed(before.facts, module.facts) if module is not None else None
            if module is None or changed is None or len(changed) > _MOST_CHANGED:
                return None
            found = glance(module, changed, self._store, self._judge.codes) if changed else []
            answer = self._judge.answer(path, found, self._store, whole=False)
        names = {module.facts.functions[number].qualname for number in changed}
        kept = moved(before.result.violations, str(path), before.text, text, names)
        return result_of(
            [answer._replace(violations=(*answer.violations, *kept), marks=())],
            self._store.failures,
            lambda shown: self._store.source_lines(Path(shown)),
        )

    def check(self, path: Path, text: bytes) -> Result:
        """The result for one file, taken to have this text."""
        self._take(path, text)
        del self._store.failures[:]
        with without_garbage_collection():
            files = [] if skips(path, self._store) else [path]
            found = list(found_in(files, self._store, self._libraries, self._judge.codes, self._program))
            result = self._judge.result(found, path, self._store)
            facts = self._store.facts_of(path) if files else None
        if facts is None:
            self._whole.pop(path, None)
        else:
            self._whole[path] = _Whole(text, facts, result)
        return result

    def _take(self, path: Path, text: bytes) -> None:
        if self._texts.get(path) != text:
            self._texts[path] = text
            self._store.give(path, text)
            self._program.forget(path)

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
        self._whole.pop(path, None)
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
