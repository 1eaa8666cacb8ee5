"""One run: from paths and settings to a result."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from rmwlint.cache import FOLDER, Cache
from rmwlint.codes import Described, UnknownCode, all_codes, resolve
from rmwlint.config import Settings
from rmwlint.engine import analyse
from rmwlint.errors import ConfigError, RmwlintError
from rmwlint.libraries.load import load as load_libraries
from rmwlint.own import UNREADABLE, UNUSED_SUPPRESSION
from rmwlint.progress import Progress
from rmwlint.report.result import Result
from rmwlint.silence import silence, skips
from rmwlint.source.files import Selection, find
from rmwlint.source.ignore import Rules, ignored, patterns
from rmwlint.source.project import project_root
from rmwlint.store import MAX_FILE_SIZE, Failure, Store
from rmwlint.violation import Confidence, Violation

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from rmwlint.libraries.index import Libraries
    from rmwlint.program.program import Program

#: Fewer bytes than this are computed sooner than workers start.
_WORTH_WORKERS = 2_000_000


class Request(NamedTuple):
    """What to run. ``given`` is the content of a path that is not read from the disk (standard input);
    ``unsaved`` the content that some of the files are to be taken to have.

    ``jobs`` is how many processes may work, None for as many as there are processors. ``executor`` is used
    instead of processes of our own; it may be any, also one that runs its work on other hosts.
    """

    paths: Sequence[str]
    settings: Settings
    use_cache: bool = True
    jobs: int | None = None
    executor: Executor | None = None
    given: tuple[Path, bytes] | None = None
    unsaved: Mapping[Path, bytes] = MappingProxyType({})


def run(request: Request) -> Result:
    """Check the paths. Raises RmwlintError where the request or a settings file cannot be used.

    A failure of rmwlint's own on one file or function is part of the result.
    """
    with without_garbage_collection():
        return _run(request)


def selected(settings: Settings, known: Mapping[str, Described]) -> frozenset[str]:
    """The codes that the settings ask for. Raises ConfigError where they name one that does not exist."""
    try:
        if settings.select is None:
            wanted = frozenset(code for code, described in known.items() if described.default)
        else:
            # what no check could look at is said whatever was selected
            wanted = resolve(settings.select, known) | {UNREADABLE.code}
        return (wanted | resolve(settings.extend_select, known)) - resolve(settings.ignore, known)
    except UnknownCode as error:
        raise ConfigError(f"{settings.file}: {error}" if settings.file else str(error)) from None


def _run(request: Request) -> Result:
    settings = request.settings
    judge = Judge(settings, all_codes())
    named = _files(request)
    cache = cache_for(request)
    store = store_for(named, settings, cache)
    if request.given is not None:
        store.give(*request.given)
    for path, data in request.unsaved.items():
        store.give(path, data)
    progress = Progress(sys.stderr, len(named))
    try:
        files = [path for path in named if not skips(path, store)]
        libraries = load_libraries(settings.libraries, cache=library_cache(cache))
        _warm(files, store, request, progress)
        store.on_facts = partial(progress.at, "checking")
        unlikely = settings.min_confidence <= Confidence.LOW
        found = list(found_in(files, store, libraries, judge.codes, unlikely=unlikely))
        return judge.result(found, files, store)
    finally:
        progress.clear()
        if cache is not None:
            cache.close()


class Judge:
    """From what the engine finds to what is shown: comments, confidence and settings have their say.

    Raises ConfigError where the settings name a code that does not exist.
    """

    def __init__(self, settings: Settings, known: Mapping[str, Described]) -> None:
        self.codes = selected(settings, known)
        self._known = known
        self._least = settings.min_confidence
        self._exempt = _exemptions(settings, known)

    def result(self, found: Sequence[Violation], files: Sequence[Path], store: Store) -> Result:
        """The result for the files; the store must still be open."""
        if UNREADABLE.code in self.codes:
            found = [*found, *_unreadable(files, store)]
        silenced = silence(found, files, store, self._known, self.codes)
        kept = silenced.kept + (silenced.unused if UNUSED_SUPPRESSION.code in self.codes else [])
        wanted = [
            violation
            for violation in kept
            if violation.confidence >= self._least and not _is_exempt(violation, self._exempt)
        ]
        return Result(
            violations=tuple(sorted(wanted, key=_order)),
            failures=tuple(store.failures),
            files=len(files),
            suppressed=silenced.silenced,
            lines=lambda path: store.source_lines(Path(path)),
        )


def store_for(files: Sequence[Path], settings: Settings, cache: Cache | None) -> Store:
    """A store of the projects that the files lie in."""
    return Store(
        _roots(files),
        cache,
        target=settings.target_python,
        max_file_size=settings.max_file_size or MAX_FILE_SIZE,
    )


def _files(request: Request) -> list[Path]:
    if request.given is not None:
        return [request.given[0]]
    settings = request.settings
    return find(request.paths, Selection(settings.include_tests, settings.exclude, str(settings.base)))


def _roots(files: Sequence[Path]) -> list[Path]:
    """Where modules of the program may lie: the projects of the files (their packages the store knows)."""
    roots: dict[Path, None] = {}
    for folder in dict.fromkeys(os.path.dirname(os.path.abspath(path)) for path in files):
        root = project_root(folder)
        if root is not None:
            roots[Path(root)] = None
            roots[Path(root, "src")] = None
    return list(roots)


def cache_for(request: Request) -> Cache | None:
    """The cache in the project of the first path; none where there is no project to keep it in."""
    if not request.use_cache:
        return None
    folder = request.settings.cache_dir
    if folder is None:
        first = os.path.abspath(request.paths[0] if request.given is None else request.given[0])
        root = project_root(first if os.path.isdir(first) else os.path.dirname(first))
        if root is None:
            return None
        folder = Path(root, FOLDER)
    return Cache(folder)


def library_cache(cache: Cache | None) -> Path | None:
    return cache.folder if cache is not None and cache.prepare() else None


def _warm(files: Sequence[Path], store: Store, request: Request, progress: Progress) -> None:
    """Compute facts in workers where that pays; what they do not compute is computed when it is asked for."""
    jobs = request.jobs if request.jobs is not None else _processors()
    tell = partial(progress.at, "reading")
    if request.executor is not None:
        store.warm(store.unknown(files), request.executor, workers=jobs, progress=tell)
        return
    if jobs < 2:
        return
    tasks = store.unknown(files)
    if sum(len(task.data) for task in tasks) < _WORTH_WORKERS:
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # no semaphores, no memory, a killed worker: slower, not wrong
    with contextlib.suppress(OSError, ImportError, NotImplementedError, BrokenProcessPool):
        pool = ProcessPoolExecutor(jobs, initializer=_start_worker)
        try:
            store.warm(tasks, pool, workers=jobs, progress=tell)
        finally:
            pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    import signal

    gc.disable()  # trees hold no cycles, and a worker is short-lived
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run that started it ends it


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def found_in(
    files: Sequence[Path],
    store: Store,
    libraries: Libraries,
    codes: frozenset[str],
    program: Program | None = None,
    *,
    unlikely: bool = True,
) -> Iterator[Violation]:
    """The engine's violations. Where it fails as a whole, each file is tried alone: one costs only itself.

    ``program``, ``unlikely``: see ``engine.analyse``.
    """
    if not files:
        return
    try:
        yield from list(analyse(files, store, libraries, codes=codes, unlikely=unlikely, program=program))
        return
    except RmwlintError:
        raise
    except Exception:
        if len(files) == 1:
            store.failures.append(_failure(files[0]))
            return
        del store.failures[:]
    for path in files:
        try:
            yield from list(
                analyse([path], store, libraries, codes=codes, unlikely=unlikely, program=program)
            )
        except RmwlintError:
            raise
        except Exception:
            store.failures.append(_failure(path))


def _failure(path: Path) -> Failure:
    """The exception being handled, as a failure on a file."""
    error = sys.exc_info()[1]
    message = f"internal error: {type(error).__name__}: {error}".rstrip(": ")
    return Failure(str(path), "", message, traceback.format_exc())


def _unreadable(files: Sequence[Path], store: Store) -> list[Violation]:
    """What is to be said about files that cannot be read, whether the engine asked for them or not."""
    for path in files:
        store.verify(path)
    return [store.rejected[path] for path in files if path in store.rejected]


def _exemptions(settings: Settings, known: Mapping[str, Described]) -> list[tuple[Rules, frozenset[str]]]:
    base = os.path.abspath(settings.base)
    exempt = []
    for pattern, words in settings.per_file_ignores.items():
        try:
            codes = resolve(words, known)
        except UnknownCode as error:
            raise ConfigError(f"{settings.file}: `per-file-ignores` for `{pattern}`: {error}") from None
        exempt.append((Rules(base, patterns([pattern]), None), codes))
    return exempt


def _is_exempt(violation: Violation, exempt: Sequence[tuple[Rules, frozenset[str]]]) -> bool:
    return any(
        violation.code in codes and ignored(os.path.abspath(violation.path), False, rules)
        for rules, codes in exempt
    )


def _order(violation: Violation) -> tuple[str, int, int, str, str]:
    return (violation.path, violation.span.line, violation.span.column, violation.code, violation.message)


@contextlib.contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Trees and facts are many and hold few cycles: looking for those costs a fifth of a run."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
