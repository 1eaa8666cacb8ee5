"""Files under the engine: from what is to be asked to what is to be said about each."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rmwlint.answers import Answer
from rmwlint.cache import Cache
from rmwlint.codes import Described, UnknownCode, all_codes, resolve
from rmwlint.config import Settings
from rmwlint.engine import analyse
from rmwlint.errors import ConfigError, RmwlintError
from rmwlint.libraries.load import load as load_libraries
from rmwlint.own import UNREADABLE, UNUSED_SUPPRESSION
from rmwlint.program.program import Program
from rmwlint.progress import Progress
from rmwlint.report.result import Result, result_of
from rmwlint.request import Request
from rmwlint.silence import silence, skips
from rmwlint.source.ignore import Rules, ignored, patterns
from rmwlint.source.suppressions import may_suppress, standing
from rmwlint.store import Store
from rmwlint.violation import Confidence, Failure, Violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from rmwlint.libraries.index import Libraries
    from rmwlint.source.shapes import Text

#: Fewer bytes than this are computed sooner than workers start.
_WORTH_WORKERS = 2_000_000


class Work:
    """The engine at work for one request. Use it as a context: at its end, what was learnt is kept.

    ``named`` are all files of the request; ``text`` says what is known of their projects' text.
    Raises ConfigError where the settings name a code that does not exist.
    """

    def __init__(
        self,
        request: Request,
        named: Sequence[Path],
        store: Store,
        text: Callable[[], Text],
    ) -> None:
        self._request = request
        self.judge = Judge(request.settings, all_codes())
        self.store = store
        if request.given is not None:
            self.store.give(*request.given)
        for path, data in request.unsaved.items():
            self.store.give(path, data)
        libraries = load_libraries(request.settings.libraries, cache=library_cache(store.cache))
        self._progress = Progress(sys.stderr, len(named))
        self.program = Program(self.store, libraries, text, unlikely=self.judge.unlikely)

    def __enter__(self) -> Work:
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.clear()
        self.store.close()

    def answers(self, asked: Sequence[Path]) -> dict[str, Answer]:
        """What is to be said about each of the files."""
        store = self.store
        files = [path for path in asked if not skips(path, store)]
        _warm(files, store, self._request, self._progress)
        store.on_facts = partial(self._progress.at, "checking")
        found: dict[str, list[Violation]] = {}
        for violation in found_in(files, store, self.program.libraries, self.judge.codes, self.program):
            found.setdefault(violation.path, []).append(violation)
        answers = {str(path): Answer(skipped=True, comments=_comments(path, store)) for path in asked}
        answers |= {str(path): self.judge.answer(path, found.get(str(path), ()), store) for path in files}
        return answers


def selected(settings: Settings, known: Mapping[str, Described]) -> frozenset[str]:
    """The codes that the settings ask for, where no override says otherwise.

    Raises ConfigError where they name one that does not exist.
    """
    try:
        if settings.select is None:
            wanted = frozenset(code for code, described in known.items() if described.default)
        else:
            # what no check could look at is said whatever was selected
            wanted = resolve(settings.select, known) | {UNREADABLE.code}
        return (wanted | resolve(settings.extend_select, known)) - resolve(settings.ignore, known)
    except UnknownCode as error:
        raise ConfigError(f"{settings.file}: {error}" if settings.file else str(error)) from None


class _Override(NamedTuple):
    rules: Rules
    select: frozenset[str]
    extend: frozenset[str]
    ignore: frozenset[str]
    least: Confidence | None


class Judge:
    """From what the engine finds to what is shown: comments, confidence and settings have their say.

    Raises ConfigError where the settings name a code that does not exist.
    """

    def __init__(self, settings: Settings, known: Mapping[str, Described]) -> None:
        self._everywhere = selected(settings, known)
        self._known = known
        self._least = settings.min_confidence
        self._exempt = _exemptions(settings, known)
        self._overrides = _overrides(settings, known)
        #: every code that is asked for somewhere
        self.codes = self._everywhere.union(*(one.select | one.extend for one in self._overrides))
        least = [one.least for one in self._overrides if one.least is not None]
        #: whether violations of low confidence are asked for somewhere
        self.unlikely = min([self._least, *least]) <= Confidence.LOW

    def answer(self, path: Path, found: Sequence[Violation], store: Store, *, whole: bool = True) -> Answer:
        """What is to be said about a file where this was found; ``whole``: it was looked for in all of it."""
        codes, least = self.holding_for(path)
        if whole and UNREADABLE.code in codes:
            found = [*found, *_unreadable(path, store)]
        found = [violation for violation in found if violation.code in codes]
        silenced = silence(found, [path], store, self._known, codes)
        kept = silenced.kept + (silenced.unused if whole and UNUSED_SUPPRESSION.code in codes else [])
        wanted = [
            violation
            for violation in kept
            if violation.confidence >= least and not _is_exempt(violation, self._exempt)
        ]
        return Answer(tuple(wanted), suppressed=silenced.silenced, comments=_comments(path, store))

    def holding_for(self, path: Path) -> tuple[frozenset[str], Confidence]:
        """What is asked for in a file: codes, and from which confidence on. The last override counts."""
        codes, least = self._everywhere, self._least
        for override in self._overrides:
            if ignored(os.path.abspath(path), False, override.rules):
                codes = ((override.select or codes) | override.extend) - override.ignore
                least = override.least if override.least is not None else least
        return codes, least

    def result(self, found: Sequence[Violation], path: Path, store: Store) -> Result:
        """The result of checking one file; the store must still be open."""
        return result_of(
            [self.answer(path, found, store)], store.failures, lambda shown: store.source_lines(Path(shown))
        )


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
    import gc
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
) -> Iterator[Violation]:
    """The engine's violations. Where it fails as a whole, each file is tried alone: one costs only itself.

    ``program``: see ``engine.analyse``.
    """
    if not files:
        return
    try:
        yield from list(analyse(files, store, libraries, codes=codes, program=program))
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
            yield from list(analyse([path], store, libraries, codes=codes, program=program))
        except RmwlintError:
            raise
        except Exception:
            store.failures.append(_failure(path))


def _failure(path: Path) -> Failure:
    """The exception being handled, as a failure on a file."""
    error = sys.exc_info()[1]
    message = f"internal error: {type(error).__name__}: {error}".rstrip(": ")
    return Failure(str(path), "", message, traceback.format_exc())


def _unreadable(path: Path, store: Store) -> list[Violation]:
    """What is to be said about a file that cannot be read, whether the engine asked for it or not."""
    store.verify(path)
    return [store.rejected[path]] if path in store.rejected else []


def _comments(path: Path, store: Store) -> str:
    data = store.data(path)
    return standing(store.source_lines(path)) if data is not None and may_suppress(data) else ""


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


def _overrides(settings: Settings, known: Mapping[str, Described]) -> list[_Override]:
    base = os.path.abspath(settings.base)
    found = []
    for number, override in enumerate(settings.overrides, 1):
        try:
            select = resolve(override.select or (), known)
            found.append(
                _Override(
                    Rules(base, patterns(override.paths), None),
                    select | ({UNREADABLE.code} if select else frozenset()),
                    resolve(override.extend_select, known),
                    resolve(override.ignore, known),
                    override.min_confidence,
                )
            )
        except UnknownCode as error:
            raise ConfigError(f"{settings.file}, override {number}: {error}") from None
    return found


def _is_exempt(violation: Violation, exempt: Sequence[tuple[Rules, frozenset[str]]]) -> bool:
    return any(
        violation.code in codes and ignored(os.path.abspath(violation.path), False, rules)
        for rules, codes in exempt
    )
