"""Which files a run speaks about.

A file that is named is always checked. A folder is walked: what git ignores is left out, and so are
environments, build output, tests and migrations. Links to folders are not followed, so a walk ends.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rmwlint.errors import UsageError
from rmwlint.source.ignore import Rules, ignored, patterns, rules_around, rules_of
from rmwlint.source.kinds import is_migration_folder, is_test_file, is_test_folder
from rmwlint.source.ledger import Ledger
from rmwlint.source.project import project_root

_NEVER = frozenset({
    ".git", ".hg", ".svn", ".bzr", ".tox", ".nox", ".venv", ".direnv", ".eggs", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".rmwlint_cache", ".ipynb_checkpoints", ".pants.d", "__pycache__", "__pypackages__",
    "node_modules", "site-packages", "dist-packages",
})  # fmt: skip

#: Output or an environment, unless it is a package of that name.
_UNLESS_PACKAGE = frozenset({"build", "_build", "dist", "venv", "env", "buck-out"})

_SUFFIXES = (".py", ".pyw")


class Selection(NamedTuple):
    """What a walk takes. ``exclude``: gitignore patterns, relative to ``exclude_base`` (absolute)."""

    include_tests: bool = False
    exclude: tuple[str, ...] = ()
    exclude_base: str = ""


_EVERYTHING = Selection()


def find(
    paths: Sequence[str], selection: Selection = _EVERYTHING, ledger: Ledger | None = None
) -> list[Path]:
    """The files to check, each once, spelled as :func:`shown` does. ``ledger`` is told what was looked at.

    Raises UsageError where a path does not exist.
    """
    found: dict[str, Path] = {}
    ledger = ledger or Ledger()
    own = None
    if selection.exclude:
        own = Rules(selection.exclude_base, patterns(selection.exclude), None)
    for path in paths:
        try:
            mode = os.stat(path).st_mode
        except OSError as error:
            if os.path.lexists(path):
                raise UsageError(f"`{path}` cannot be opened: {error.strerror}.") from None
            raise UsageError(f"`{path}` does not exist.") from None
        if stat.S_ISDIR(mode):
            for real, file in _walk(path, selection, own, ledger):
                found.setdefault(real, Path(shown(file)))
        else:
            found.setdefault(os.path.realpath(path), Path(shown(os.path.abspath(path))))
    return list(found.values())


def shown(path: str) -> str:
    """How an absolute path is spelled everywhere: relative inside the current folder, else as it is.

    One spelling for one file, so that a path can be compared and looked up.
    """
    here = os.getcwd()
    if not here.endswith(os.sep):
        here += os.sep
    return path[len(here) :] if path.startswith(here) else path


def is_left_out(path: Path, selection: Selection) -> bool:
    """Whether a walk of the project would leave a file out: by its name, or as git or settings say."""
    whole = os.path.abspath(path)
    ledger = Ledger()
    rules: list[Rules | None] = [rules_around(os.path.dirname(whole), ledger)]
    if os.path.exists(os.path.join(os.path.dirname(whole), ".gitignore")):
        rules = [rules_of(os.path.dirname(whole), rules[0], ledger)]
    if selection.exclude:
        rules.append(Rules(selection.exclude_base, patterns(selection.exclude), None))
    if any(ignored(whole, False, one) for one in rules):
        return True
    if not selection.include_tests and is_test_file(os.path.basename(whole)):
        return True
    top = project_root(os.path.dirname(whole)) or os.path.dirname(whole)
    folder = os.path.dirname(whole)
    while folder != top and len(folder) > len(top):
        name = os.path.basename(folder)
        if _is_never(name, folder, ledger) or any(ignored(folder, True, one) for one in rules):
            return True
        if not selection.include_tests and (is_test_folder(name) or is_migration_folder(folder)):
            return True
        folder = os.path.dirname(folder)
    return False


def _walk(start: str, selection: Selection, own: Rules | None, ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Each file's real path, and its path below ``start``."""
    top = os.path.abspath(start)
    real_top = os.path.realpath(start)
    with_tests = selection.include_tests or _is_aside(start)
    rules = rules_around(top, ledger)
    if ignored(top, True, rules):
        rules = None  # the user names what is left out otherwise: take it as it is
    if ignored(top, True, own):
        own = None
    # a stack, not recursion: a deep tree must not end the run
    pending: list[tuple[str, Rules | None]] = [(top, rules)]
    while pending:
        folder, rules = pending.pop()
        try:
            listed = sorted(ledger.entries(folder), key=_name)
        except OSError:
            yield folder, folder  # reading it as a file fails too, and that is reported
            continue
        names = {entry.name for entry in listed}
        if "pyvenv.cfg" in names and folder != top:
            continue
        if ".gitignore" in names:
            rules = rules_of(folder, rules, ledger)
        below: list[tuple[str, Rules | None]] = []
        for entry in listed:
            name, path = entry.name, entry.path
            if name.endswith(_SUFFIXES) and _is_file(entry):
                if not with_tests and is_test_file(name):
                    continue
                if not ignored(path, False, rules) and not ignored(path, False, own):
                    real = os.path.realpath(path) if entry.is_symlink() else _moved(path, top, real_top)
                    yield real, path
            elif entry.is_dir(follow_symlinks=False) and not _is_never(name, path, ledger):
                if not with_tests and (is_test_folder(name) or is_migration_folder(path)):
                    continue
                if not ignored(path, True, rules) and not ignored(path, True, own):
                    below.append((path, rules))
        pending.extend(reversed(below))


def _is_never(name: str, path: str, ledger: Ledger) -> bool:
    if name in _NEVER or name.endswith(".egg-info"):
        return True
    return name in _UNLESS_PACKAGE and not ledger.exists(os.path.join(path, "__init__.py"))


def _moved(path: str, top: str, other: str) -> str:
    """``path``, which lies in ``top``, spelled as if ``top`` were ``other``."""
    return os.path.join(other, path[len(top) :].lstrip(os.sep))


def _is_aside(start: str) -> bool:
    """Whether the named folder is itself, or lies in, tests or migrations: then it is what the user wants."""
    relative = os.path.relpath(start)
    if relative.startswith(os.pardir):
        relative = os.path.basename(os.path.abspath(start))
    parts = relative.split(os.sep)
    return any(is_test_folder(part) for part in parts) or is_migration_folder(os.path.abspath(start))


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
