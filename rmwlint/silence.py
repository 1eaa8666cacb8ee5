"""Which violations a comment in the source silences, and which comments silence nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rmwlint.codes import Described, meant_by, nearest
from rmwlint.own import UNUSED_SUPPRESSION
from rmwlint.source.suppressions import (
    NONE,
    Suppression,
    Suppressions,
    may_address,
    may_suppress,
    suppressions_in,
)
from rmwlint.source.text import Undecodable, decode
from rmwlint.store import Store
from rmwlint.violation import Confidence, Span, Violation


class Silenced(NamedTuple):
    """``kept``: what no comment silences; ``silenced``: how many are; ``unused``: about idle comments."""

    kept: list[Violation]
    unused: list[Violation]
    silenced: int


def suppressions_of(path: Path, store: Store) -> Suppressions:
    """The suppressions in a file; only files that can have one are read closely."""
    data = store.data(path)
    if data is None or not may_suppress(data):
        return NONE
    try:
        return suppressions_in(decode(data))
    except Undecodable:
        return NONE


def skips(path: Path, store: Store) -> bool:
    """Whether a file says that it is to be skipped."""
    data = store.data(path)
    return data is not None and b"skip-file" in data and suppressions_of(path, store).skip_file


def silence(
    violations: Iterable[Violation],
    files: Sequence[Path],
    store: Store,
    known: Mapping[str, Described],
    judged: frozenset[str],
) -> Silenced:
    """Sort the violations of ``files`` by what comments say about them.

    ``judged``: the codes this run looked for; a comment about others may be needed by another run.
    """
    by_file: dict[str, list[Violation]] = {}
    for violation in violations:
        by_file.setdefault(violation.path, []).append(violation)
    kept: list[Violation] = []
    unused: list[Violation] = []
    count = 0
    for path in files:
        found = by_file.pop(str(path), [])
        if not found and not _addressed(path, store):
            continue
        comments = suppressions_of(path, store).comments
        used: set[tuple[Suppression, str]] = set()
        for violation in found:
            silencing = [
                (comment, word)
                for comment in comments
                if comment.first <= violation.line <= comment.last
                for word in _words(comment)
                if word == "" or violation.code in meant_by(word, known)
            ]
            used.update(silencing)
            if silencing:
                count += 1
            else:
                kept.append(violation)
        for comment in comments:
            idle = [word for word in _words(comment) if (comment, word) not in used]
            unused += _judge(comment, idle, path, known, judged)
    for others in by_file.values():
        kept += others
    return Silenced(kept, unused, count)


def _addressed(path: Path, store: Store) -> bool:
    data = store.data(path)
    return data is not None and may_address(data)


def _words(comment: Suppression) -> tuple[str, ...]:
    """The codes it names; one empty word for a comment that silences all."""
    return ("",) if comment.codes is None else comment.codes


def _judge(
    comment: Suppression, idle: list[str], path: Path, known: Mapping[str, Described], judged: frozenset[str]
) -> list[Violation]:
    """What to say about the words of a comment that silenced nothing."""
    if not comment.own:
        # other linters read a noqa too: only our own codes in it are ours to judge
        idle = [word for word in idle if word.upper().startswith("RMW")]
    said = []
    for word in idle:
        meant = meant_by(word, known) if word else frozenset(code for code in known if known[code].default)
        if word and not meant:
            message = f"`{word}` in this suppression is no code or name of a check{nearest(word, known)}"
        elif not meant <= judged:
            continue
        elif comment.alone:
            message = "this suppression stands on a line of its own, and speaks only for that line"
        elif word:
            message = f"nothing here is reported as {word}, so this suppression is unused"
        else:
            message = "nothing is reported here, so this suppression is unused"
        said.append(Violation(
            code=UNUSED_SUPPRESSION.code,
            name=UNUSED_SUPPRESSION.name,
            message=message,
            path=str(path),
            span=Span(comment.line, comment.column, comment.line, comment.end_column),
            function="",
            confidence=Confidence.HIGH,
            place="",
            remedy="remove it" if len(idle) == len(_words(comment)) else f"remove `{word}` from it",
        ))  # fmt: skip
    return said
