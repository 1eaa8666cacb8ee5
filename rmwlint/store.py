"""The files of a run: their bytes, lines and facts, each looked at once.

Modules are found by name when they are asked for, a folder at a time. The files of a whole project are listed
only for a question that none of them can answer alone (who overrides this method?).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rmwlint.cache import Cache
from rmwlint.config import Settings
from rmwlint.facts.edited import edited
from rmwlint.facts.lower import lower
from rmwlint.facts.model import Module
from rmwlint.facts.storage import UnusableFactsError, dump, load
from rmwlint.own import UNREADABLE
from rmwlint.request import Request, cache_folder, roots_of
from rmwlint.source.files import find, shown
from rmwlint.source.ledger import Ledger
from rmwlint.source.parse import Unparsable, parse
from rmwlint.source.project import project_root
from rmwlint.source.text import Undecodable, decode, split_lines
from rmwlint.violation import Confidence, Failure, Span, Violation

if TYPE_CHECKING:
    from concurrent.futures import Executor

#: A larger file is generated; what its tree costs in time and memory it does not give back.
MAX_FILE_SIZE = 4 * 1024 * 1024

#: Kept for a file that parses and whose facts nobody has asked for; it is no packed facts.
_PARSES = b"parses"

_KEPT_BYTES = 64 * 1024 * 1024

#: The lines of so many files; those of one are asked for again and again, then no more.
_KEPT_LINES = 64


class Store:
    """``roots``: where modules of the program lie, besides the package and project of the one that asks.

    ``ledger`` is told what was looked at on the disk.
    ``failures`` collects what went wrong inside rmwlint: whoever catches an exception of its code adds it.
    ``rejected`` holds the violation of each file that could not be read or parsed. ``on_facts`` is told how
    many files' facts are known, whenever one more is.
    """

    def __init__(
        self,
        roots: Sequence[Path] = (),
        cache: Cache | None = None,
        *,
        target: tuple[int, int] | None = None,
        max_file_size: int = MAX_FILE_SIZE,
        ledger: Ledger | None = None,
    ) -> None:
        self.ledger = ledger or Ledger()
        #: the files of the projects that were asked for, by project
        self.projects: dict[str, tuple[Path, ...]] = {}
        #: under which key the cache keeps the facts of a file, where it does
        self.keys: dict[Path, bytes] = {}
        self.failures: list[Failure] = []
        self.rejected: dict[Path, Violation] = {}
        self.on_facts: Callable[[int], None] | None = None
        self._roots = tuple(os.path.abspath(root) for root in roots)
        self.cache = cache
        self._target = target
        self._max_file_size = max_file_size
        self._given: dict[Path, bytes] = {}
        #: what was given last and had facts: most of these are the next text's as well
        self._earlier: dict[Path, tuple[list[str], Module]] = {}
        self._bytes: dict[Path, bytes] = {}
        self._bytes_kept = 0
        self._lines: dict[Path, list[str]] = {}
        self._facts: dict[Path, Module | None] = {}
        self._computed: dict[Path, bytes] = {}
        self._listed: dict[str, frozenset[str]] = {}
        self._package_roots: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._found: dict[tuple[str, str, str], Path | None] = {}
        self._script_folders: dict[str, str] = {}
        self._tops: dict[tuple[str, str, str], tuple[str, ...]] = {}
        self._patterns: dict[frozenset[str], re.Pattern[bytes]] = {}

    def give(self, path: Path, data: bytes) -> None:
        """Take ``data`` for the content of ``path``, whatever the disk says (an editor's unsaved text)."""
        known = self._facts.get(path) if path in self._given else None
        earlier = self._earlier.get(path) if known is None else (self.source_lines(path), known)
        self.forget(path)
        self._given[path] = data
        if earlier is not None:
            self._earlier[path] = earlier

    def forget(self, path: Path) -> None:
        """Know nothing more of a file: it is read again when it is asked for."""
        kept: tuple[dict[Path, Any], ...]
        kept = (self._given, self._earlier, self._bytes, self._lines, self._facts, self._computed)
        for known in (*kept, self.rejected):
            known.pop(path, None)

    def close(self) -> None:
        """Keep what was learnt for the next run."""
        if self.cache is not None:
            self.cache.close()

    def facts_of(self, path: Path) -> Module | None:
        """The facts of a file; None where it cannot be read or parsed, which ``rejected`` then explains."""
        try:
            return self._facts[path]
        except KeyError:
            module = self._facts[path] = self._make_facts(path)
            if self.on_facts is not None:
                self.on_facts(len(self._facts))
            return module

    def facts_under(self, key: bytes) -> Module | None:
        """The facts that the cache keeps under a key, which may be of a text that is gone."""
        packed = self.cache.get(key) if self.cache is not None and key else None
        return None if packed is None else _unpack(packed)

    def verify(self, path: Path) -> None:
        """Make sure that ``rejected`` explains the file if it cannot be parsed; its facts are not made."""
        data = self.data(path)
        if data is None or path in self._facts or path in self._computed:
            return
        key = b""
        if self.cache is not None:
            key = self.cache.key(data, self.module_name(path))
            if self.cache.get(key) is not None:
                return
        try:
            parse(data, target=self._target)
        except Unparsable as error:
            self._reject(path, error)
            return
        if self.cache is not None:
            self.cache.put(key, _PARSES)

    def data(self, path: Path) -> bytes | None:
        """The bytes of a file; None where it cannot be read, which ``rejected`` then explains."""
        kept = self._given.get(path)
        if kept is None:
            kept = self._bytes.get(path)
        if kept is not None or path in self.rejected:
            return kept
        try:
            data = self.ledger.read(str(path), self._max_file_size + 1)
        except OSError as error:
            self._reject(path, Unparsable(f"it cannot be read: {error.strerror or error}"))
            return None
        if len(data) > self._max_file_size:
            self._reject(path, Unparsable(
                f"it is larger than {self._max_file_size // 1024} KiB, so it was not checked",
                remedy="leave it out with `exclude` if it is generated, or raise `max-file-size`",
            ))  # fmt: skip
            return None
        self._bytes_kept += len(data)
        if self._bytes_kept > _KEPT_BYTES:
            self._bytes.clear()
            self._bytes_kept = len(data)
        self._bytes[path] = data
        return data

    def source_lines(self, path: Path) -> list[str]:
        """The lines of a file without their ends; none where it is no text."""
        lines = self._lines.get(path)
        if lines is None:
            data = self.data(path)
            try:
                lines = split_lines(decode(data)) if data is not None else []
            except Undecodable:
                lines = []
            if len(self._lines) >= _KEPT_LINES:
                self._lines.clear()
            self._lines[path] = lines
        return lines

    def contains(self, path: Path, tokens: Iterable[str]) -> bool:
        """Whether one of the tokens occurs in the file's bytes, anywhere."""
        wanted = tokens if isinstance(tokens, frozenset) else frozenset(tokens)
        pattern = self._patterns.get(wanted)
        if pattern is None:
            pattern = re.compile(b"|".join(re.escape(token.encode()) for token in sorted(wanted)) or b"(?!)")
            self._patterns[wanted] = pattern
        data = self.data(path)
        return data is not None and pattern.search(data) is not None

    def module_name(self, path: Path) -> str:
        """The dotted name under which the program imports the file."""
        folder, file = os.path.split(os.path.abspath(path))
        _, packages = self._package(folder)
        stem = file.partition(".")[0]
        if not packages:
            packages = self._namespace(folder)
        parts = packages if stem == "__init__" and packages else (*packages, stem)
        return ".".join(parts)

    def home(self, near: Path) -> tuple[str, str]:
        """What decides which modules a file imports: files with one home import the same."""
        folder = os.path.dirname(os.path.abspath(near))
        return self._package(folder)[0], self._script_folder(folder)

    def find_module(self, dotted: str, near: Path) -> Path | None:
        """The file of a module, as a module in ``near`` would import it; None where it is not in the program.

        Looked for beside the top-most package of ``near``, then in the folder of the ``manage.py`` that runs
        it, in its project's root and ``src`` there, then in the roots of the run. A package is its
        ``__init__.py``; a namespace package has no file.
        """
        root, script = self.home(near)
        key = (dotted, root, script)
        if key not in self._found:
            self._found[key] = self._find(dotted.split("."), root, script)  # rmwlint: ignore[RMW409]
        return self._found[key]

    def project_files(self, near: Path) -> Sequence[Path]:
        """The files of the project around ``near``, without its tests; none where there is no project."""
        root = project_root(os.path.dirname(os.path.abspath(near)))
        if root is None:
            return ()
        files = self.projects.get(root)
        if files is None:
            found = find([root], ledger=self.ledger)
            # a project inside this one has its own settings and classes
            own = [file for file in found if project_root(os.path.dirname(os.path.abspath(file))) == root]
            files = self.projects[root] = tuple(sorted(own))
        return files

    def warm(
        self, tasks: Sequence[Task], executor: Executor, *, workers: int, progress: Callable[[int], None]
    ) -> None:
        """Do the tasks in the executor's workers. ``progress`` is told how many files are done.

        Any executor will do: what goes in and out are bytes and strings.
        """
        size = max(1, min(32, len(tasks) // (workers * 4)))
        batches = [tasks[start : start + size] for start in range(0, len(tasks), size)]
        done = 0
        for batch, packed in zip(batches, executor.map(compute, batches)):
            for task, value in zip(batch, packed):
                if value is not None:
                    self._computed[Path(task.path)] = value
            done += len(batch)
            progress(done)

    def unknown(self, paths: Sequence[Path]) -> list[Task]:
        """What there is to compute for those files whose facts the cache does not know."""
        tasks = []
        for path in paths:
            data = self.data(path)
            if data is not None and path not in self._facts:
                name = self.module_name(path)
                if self.cache is None or self.cache.get(self.cache.key(data, name)) is None:
                    tasks.append(Task(data, name, str(path)))
        return tasks

    def _make_facts(self, path: Path) -> Module | None:
        data = self.data(path)
        if data is None:
            return None
        name = self.module_name(path)
        packed = self._computed.pop(path, None)
        key = b""
        if self.cache is not None:
            key = self.keys[path] = self.cache.key(data, name)
            if packed is not None:
                self.cache.put(key, packed)
            else:
                packed = self.cache.get(key)
        if packed is not None:
            module = _unpack(packed)
            if module is not None:
                return module if module.path == str(path) else module._replace(path=str(path))
        again = self._edited(path, name)
        if again is not None:
            return again
        try:
            module = facts(Task(data, name, str(path)), self._target)
        except Unparsable as error:
            self._reject(path, error)
            return None
        if self.cache is not None and path not in self._given:
            # unsaved text is of no use to the next run
            self.cache.put(key, dump(module))
        return module

    def _edited(self, path: Path, name: str) -> Module | None:
        """The facts of a text that is given, by those of the one before it; None where it takes more."""
        earlier = self._earlier.get(path)
        if earlier is None or earlier[1].name != name:
            return None
        return edited(earlier[1], earlier[0], self.source_lines(path))

    def _reject(self, path: Path, error: Unparsable) -> None:
        span = Span(error.line, error.column, error.line, error.column)
        self.rejected[path] = Violation(
            code=UNREADABLE.code,
            name=UNREADABLE.name,
            message=f"the file was not checked: {error}",
            path=str(path),
            span=span,
            function="",
            confidence=Confidence.HIGH,
            place="",
            remedy=error.remedy,
        )

    def _names(self, folder: str) -> frozenset[str]:
        names = self._listed.get(folder)
        if names is None:
            names = self._listed[folder] = self.ledger.names(folder)
        return names

    def _package(self, folder: str) -> tuple[str, tuple[str, ...]]:
        """The folder above the top-most package around ``folder``, and the packages from there."""
        known = self._package_roots.get(folder)
        if known is None:
            above, name = os.path.split(folder)
            if "__init__.py" in self._names(folder) and name.isidentifier() and above != folder:
                root, packages = self._package(above)
                known = (root, (*packages, name))
            else:
                known = (folder, ())
            self._package_roots[folder] = known
        return known

    def _namespace(self, folder: str) -> tuple[str, ...]:
        """The packages, none of which has an ``__init__.py``, from the nearest root down to ``folder``."""
        root = project_root(folder)
        tops = [*self._roots, *([root, os.path.join(root, "src")] if root is not None else [])]
        inside = [top for top in tops if folder == top or folder.startswith(top.rstrip(os.sep) + os.sep)]
        if not inside:
            return ()
        below = os.path.relpath(folder, max(inside, key=len))
        parts = () if below == os.curdir else tuple(below.split(os.sep))
        return parts if all(part.isidentifier() for part in parts) else ()

    def _script_folder(self, folder: str) -> str:
        """The nearest folder above with a ``manage.py``, which makes it a root of modules; "" for none."""
        known = self._script_folders.get(folder)
        if known is None:
            if "manage.py" in self._names(folder):
                known = folder
            else:
                above = os.path.dirname(folder)
                top = above == folder or folder == project_root(folder)
                known = "" if top else self._script_folder(above)
            self._script_folders[folder] = known
        return known

    def _find(self, parts: list[str], root: str, script: str) -> Path | None:
        for top in self._tops_with(parts[0], root, script):
            found = self._find_below(top, parts)
            if found is not None:
                return Path(shown(found))
        return None

    def _tops_with(self, name: str, root: str, script: str) -> tuple[str, ...]:
        """The folders, of those that modules are looked for in, that hold something of that name."""
        key = (name, root, script)
        tops = self._tops.get(key)
        if tops is None:
            file = f"{name}.py"
            tops = tuple([top for top in self._all_tops(root, script) if {name, file} & self._names(top)])
            self._tops[key] = tops
        return tops

    def _all_tops(self, root: str, script: str) -> Iterable[str]:
        project = project_root(root)
        tops = [root]
        if script:
            tops.append(script)
        if project is not None:
            tops += [project, os.path.join(project, "src")]
        return dict.fromkeys([*tops, *self._roots])

    def _find_below(self, folder: str, parts: list[str]) -> str | None:
        for part in parts[:-1]:
            if part not in self._names(folder):
                return None
            folder = os.path.join(folder, part)
        names = self._names(folder)
        last = parts[-1]
        if last in names and "__init__.py" in self._names(os.path.join(folder, last)):
            return os.path.join(folder, last, "__init__.py")
        return os.path.join(folder, f"{last}.py") if f"{last}.py" in names else None


def store_for(
    files: Sequence[Path], settings: Settings, cache: Cache | None, ledger: Ledger | None = None
) -> Store:
    """A store of the projects that the files lie in."""
    return Store(
        [Path(root) for root in roots_of(map(str, files))],
        cache,
        ledger=ledger,
        target=settings.target_python,
        max_file_size=settings.max_file_size or MAX_FILE_SIZE,
    )


def cache_for(request: Request) -> Cache | None:
    """The cache in the project of the first path; none where there is no project to keep it in."""
    folder = cache_folder(request)
    return Cache(Path(folder)) if folder is not None else None


class Task(NamedTuple):
    """One file whose facts are to be computed, anywhere."""

    data: bytes
    name: str
    path: str


def compute(tasks: Sequence[Task]) -> list[bytes | None]:
    """The packed facts of each file, None where it cannot be parsed. Runs in a worker."""
    packed: list[bytes | None] = []
    for task in tasks:
        try:
            packed.append(dump(facts(task, None)))
        except Unparsable:
            packed.append(None)  # the run parses it again, to say why
    return packed


def facts(task: Task, target: tuple[int, int] | None) -> Module:
    """The facts of one file. Raises Unparsable."""
    tree = parse(task.data, target=target)
    try:
        return lower(tree, task.name, task.path, is_package=os.path.basename(task.path) == "__init__.py")
    except RecursionError:
        raise Unparsable(
            "its expressions are nested too deeply",
            remedy="leave the file out with `exclude` if it is generated",
        ) from None


def _unpack(packed: bytes) -> Module | None:
    try:
        return load(packed)
    except UnusableFactsError:
        return None
