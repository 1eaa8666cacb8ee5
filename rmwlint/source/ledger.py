"""What was looked at on the disk, so that a later run can tell whether it would see the same.

A stamp (times and size) that has not changed means that the content has not, unless the file was written so
shortly before it was looked at that a second write could bear the same time; then the content itself is
compared. A folder counts by those of its names that can matter to a run.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable

#: Names besides modules and folders that decide what is looked at.
_TELLING = frozenset({
    ".git", ".gitignore", "manage.py", "pyproject.toml", "pyvenv.cfg", "rmwlint.toml", "script.py.mako",
    "setup.cfg", "setup.py",
})  # fmt: skip

#: Never walked, never imported from, and they come and go.
_PASSING = frozenset({"__pycache__", ".rmwlint_cache", ".mypy_cache", ".ruff_cache", ".pytest_cache"})

#: The coarsest clock of a file system that is in use.
_SLACK = 2_000_000_000

Stamp = tuple[int, int, int]
#: None where the stamp cannot be relied on, and what identifies the content: None where there is none
Seen = tuple["Stamp | None", "bytes | None"]
#: the time of a folder, None where it cannot be relied on, and its names: None where it cannot be listed
Listing = tuple["int | None", "tuple[str, ...] | None"]


#: What cannot be read.
GONE: Seen = (None, None)


class Ledger:
    """What one run has looked at.

    ``texts`` are modules, ``rules`` what git ignores, ``marks`` paths that are there or not. ``torn``: a text
    has changed during the run.
    """

    def __init__(self) -> None:
        self._start = time.time_ns()
        self.folders: dict[str, Listing] = {}
        self.texts: dict[str, Seen] = {}
        self.rules: dict[str, Seen] = {}
        self.marks: dict[str, bool] = {}
        self.torn = False

    def entries(self, folder: str) -> list[os.DirEntry[str]]:
        """What is in a folder. Raises OSError."""
        self.folders[folder] = (None, None)
        when = self._time(folder)
        with os.scandir(folder) as entries:
            found = list(entries)
        self.folders[folder] = (when, _telling(found))
        return found

    def names(self, folder: str) -> frozenset[str]:
        """The names in a folder, none where it cannot be listed."""
        try:
            return frozenset(entry.name for entry in self.entries(folder))
        except OSError:
            return frozenset()

    def exists(self, path: str) -> bool:
        """Whether something is there."""
        found = self.marks.get(path)
        if found is None:
            found = self.marks[path] = os.path.exists(path)
        return found

    def read(self, path: str, most: int) -> bytes:
        """The content of a module, at most so many bytes of it. Raises OSError."""
        before = self.texts.get(path)
        self.texts[path] = GONE
        with open(path, "rb") as file:
            stamp = stamp_of(os.fstat(file.fileno()))
            data = file.read(most)
        self.texts[path] = (self.relied_on(stamp), digest(data))
        if before is not None and before[1] != self.texts[path][1]:
            self.torn = True
        return data

    def read_rules(self, path: str) -> bytes | None:
        """The content of a file with rules, None where there is none."""
        self.rules[path] = GONE
        try:
            with open(path, "rb") as file:
                stamp = stamp_of(os.fstat(file.fileno()))
                data = file.read()
        except OSError:
            return None
        self.rules[path] = (self.relied_on(stamp), digest(data))
        return data

    def relied_on(self, stamp: Stamp) -> Stamp | None:
        """The stamp of a file that was looked at just now, None where a later write could bear it too."""
        return stamp if relied_on(stamp, self._start) else None

    def _time(self, folder: str) -> int | None:
        try:
            when = os.stat(folder).st_mtime_ns
        except OSError:
            return None
        return when if when + _SLACK < self._start else None


def relied_on(stamp: Stamp, moment: int) -> bool:
    """Whether a write after the moment would give another stamp."""
    return max(stamp[0], stamp[2]) + _SLACK < moment


def stamp_of(found: os.stat_result) -> Stamp:
    """Times and size."""
    return found.st_mtime_ns, found.st_size, found.st_ctime_ns


def digest(data: bytes) -> bytes:
    """What identifies a content."""
    from hashlib import blake2b  # where nothing has changed, nobody pays for the import

    return blake2b(data, digest_size=16).digest()


def listed_now(folder: str, before: Listing) -> Listing:
    """How a folder is now; it is listed only where its time does not say that it is as before."""
    with contextlib.suppress(OSError):
        if before[0] is not None and os.stat(folder).st_mtime_ns == before[0]:
            return before
    ledger = Ledger()
    ledger.names(folder)
    return ledger.folders[folder]


def now(path: str, before: Seen, most: int = -1) -> Seen:
    """How a text is now; it is read only where its stamp does not say that it is as before."""
    try:
        found = os.stat(path)
        stamp = (found.st_mtime_ns, found.st_size, found.st_ctime_ns)
        if before[0] == stamp:
            return before
        with open(path, "rb") as file:
            stamp = stamp_of(os.fstat(file.fileno()))
            data = file.read(most)
    except OSError:
        return GONE
    return (stamp if relied_on(stamp, time.time_ns()) else None, digest(data))


def _telling(entries: Iterable[os.DirEntry[str]]) -> tuple[str, ...]:
    """The names that can matter."""
    return tuple(sorted(entry.name for entry in entries if _tells(entry)))


def _tells(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    if name.endswith((".py", ".pyw")) or name in _TELLING:
        return True
    if name in _PASSING:
        return False
    try:
        return entry.is_dir()
    except OSError:
        return False
