"""One run: from paths and settings to a result.

Nothing of the engine is loaded where earlier answers stand.
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rmwlint import __version__
from rmwlint.answers import Answer, Answers, Learnt, fingerprint_of_program
from rmwlint.report.result import Result, result_of
from rmwlint.request import Request, cache_folder, roots_of
from rmwlint.source.files import Selection, find
from rmwlint.source.ledger import Ledger
from rmwlint.source.project import TELLING, project_root
from rmwlint.source.shapes import nothing_known
from rmwlint.source.text import Undecodable, decode, split_lines

if TYPE_CHECKING:
    from rmwlint.asking import Work
    from rmwlint.source.shapes import Shapes
    from rmwlint.store import Store

#: The lines of so many files; those of one are asked for again and again, then no more.
_KEPT_LINES = 64

#: A larger file is generated; what its tree costs in time and memory it does not give back.
_MAX_FILE_SIZE = 4 * 1024 * 1024


def run(request: Request) -> Result:
    """Check the paths. Raises RmwlintError where the request or a settings file cannot be used.

    A failure of rmwlint's own on one file or function is part of the result.
    """
    with without_garbage_collection():
        return _run(request)


def _run(request: Request) -> Result:
    ledger = Ledger()
    kept = _kept(request, ledger)
    changed = kept.changed() if kept is not None else []
    named = _named(request, kept, ledger)
    if kept is not None and not changed and all(map(kept.answered, named)):
        kept.save()
        answers = [answer for path in named if (answer := kept.answer(path)) is not None]
        return result_of(answers, (), lru_cache(_KEPT_LINES)(_lines))
    from rmwlint.store import cache_for, store_for

    store = store_for([Path(path) for path in named], request.settings, cache_for(request), ledger)
    if kept is not None:
        store.projects.update({root: tuple(map(Path, files)) for root, files in kept.projects.items()})
        if changed:
            from rmwlint.edits import settle

            settle(kept, changed, store)
            if all(map(kept.answered, named)):
                return _as_settled(kept, request, named, store)
    return _asked(kept, request, named, store)


def _as_settled(kept: Answers, request: Request, named: Sequence[str], store: Store) -> Result:
    """The result where the answers stand; what was read is kept."""
    answers = [answer for path in named if (answer := kept.answer(path)) is not None]
    keys = {str(path): key for path, key in store.keys.items()}
    kept.learn(_walk(request), tuple(named), Learnt(store.ledger, keys))
    store.close()
    kept.save()
    return result_of(answers, (), lru_cache(_KEPT_LINES)(_lines))


def _asked(kept: Answers | None, request: Request, named: Sequence[str], store: Store) -> Result:
    """The result where the engine has to be asked."""
    from rmwlint.asking import Work

    with Work(
        request, [Path(path) for path in named], store, nothing_known if kept is None else kept.text
    ) as work:
        asked = [path for path in named if kept is None or not kept.answered(path)]
        given = work.answers([Path(path) for path in asked])

        def lines(path: str) -> list[str]:
            return store.source_lines(Path(path))

        if kept is None:
            return result_of(given.values(), store.failures, lines)
        given = {path: _marked(answer, lines) for path, answer in given.items()}
        answers = [given.get(path) or kept.answer(path) or Answer() for path in named]
        if not store.failures:
            _learn(kept, request, named, given, work)
        return result_of(answers, store.failures, lines)


def _kept(request: Request, ledger: Ledger) -> Answers | None:
    """The answers of earlier runs like this one; None where they are not to be used."""
    folder = cache_folder(request)
    if folder is None or request.given is not None or request.unsaved:
        return None
    settings = request.settings
    for library in settings.libraries:
        ledger.read_rules(str(library))
    key = "\n".join((__version__, os.getcwd(), repr(settings), fingerprint_of_program()))
    return Answers(folder, key, (settings.max_file_size or _MAX_FILE_SIZE) + 1)


def _named(request: Request, kept: Answers | None, ledger: Ledger) -> Sequence[str]:
    """The files of the request."""
    if request.given is not None:
        return [str(request.given[0])]
    known = kept.walk(_walk(request)) if kept is not None else None
    if known is not None:
        return known
    settings = request.settings
    selection = Selection(settings.include_tests, settings.exclude, os.path.abspath(settings.base))
    named = [str(path) for path in find(request.paths, selection, ledger)]
    if kept is not None:
        roots = roots_of(named)
        if kept.roots != roots:
            kept.forget()
            kept.roots = roots
    return named


def _walk(request: Request) -> str:
    return "\0".join(request.paths)


def _learn(
    kept: Answers, request: Request, named: Sequence[str], given: dict[str, Answer], work: Work
) -> None:
    """Keep what the run has found out."""
    store, program = work.store, work.program
    ledger = store.ledger
    led_to = program.led_to()
    shapes: dict[str, Shapes] = {}
    mentions: dict[str, tuple[str, ...]] = {}
    for outline in program.outlines.values():
        shapes |= {str(path): found for path, found in outline.shapes.items()}
        for name, paths in outline.mentioned.items():
            mentions[name] = (*mentions.get(name, ()), *map(str, paths))
    _mark_projects({os.path.dirname(path) for path in [*named, *ledger.texts]}, ledger)
    kept.learn(
        _walk(request),
        tuple(named),
        Learnt(
            ledger,
            {str(path): key for path, key in store.keys.items()},
            given,
            _plain(led_to.files),
            _plain(led_to.names),
            {str(near): [(str(path), name) for path, name in found] for near, found in led_to.bodies.items()},
            {str(near): hints for near, hints in program.asked.hints.items()},
            _plain(led_to.checked),
            {root: tuple(map(str, files)) for root, files in store.projects.items()},
            shapes,
            mentions,
        ),
    )
    kept.save()


def _plain(files: Mapping[Path, set[Path]]) -> dict[str, list[str]]:
    return {str(near): [str(path) for path in found] for near, found in files.items()}


def _mark_projects(folders: set[str], ledger: Ledger) -> None:
    """Tell the ledger what makes the project of each folder begin where it does."""
    seen: set[str] = set()
    for name in folders:
        folder = os.path.abspath(name)
        root = project_root(folder)
        while folder not in seen:
            seen.add(folder)
            if folder not in ledger.folders:  # else its names tell
                for mark in TELLING:
                    ledger.exists(os.path.join(folder, mark))
            if folder == root:
                break
            folder = os.path.dirname(folder)


def _marked(answer: Answer, lines: Callable[[str], list[str]]) -> Answer:
    """The answer with the fingerprints of its violations."""
    from rmwlint.report.fingerprint import fingerprints

    return answer._replace(marks=tuple(fingerprints(answer.violations, lines)))


def _lines(path: str) -> list[str]:
    """The source lines of a file that is as it was when it was checked."""
    try:
        with open(path, "rb") as file:
            return split_lines(decode(file.read()))
    except (OSError, Undecodable):
        return []


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
