"""Violations that were there before, and are accepted until somebody gets to them.

A baseline is a file of fingerprints: lines may move, messages may be worded anew. Equal violations (the same
statement twice in one function) are one entry with a count.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from rmwlint.errors import UsageError
from rmwlint.report.fingerprint import families
from rmwlint.report.result import Result
from rmwlint.violation import Violation

#: The file that is used where none is named.
DEFAULT = "rmwlint-baseline.json"

_VERSION = 1


@dataclass(frozen=True, order=True)
class Entry:
    """Equal violations. All but fingerprint and count are for people, and may change without harm.

    ``path`` is relative to the baseline's folder, with ``/``.
    """

    path: str
    code: str
    function: str
    place: str
    fingerprint: str
    count: int


class Comparison(NamedTuple):
    """``new``: violations that no entry accepts; ``gone``: entries, with how many of each are not found."""

    new: tuple[Violation, ...]
    gone: tuple[Entry, ...]


def baseline_of(result: Result, file: Path) -> tuple[Entry, ...]:
    """The entries that accept everything in a result; ``file`` is where they will be kept."""
    marks = families(result.violations, result.lines)
    counts = Counter(marks)
    base = os.path.dirname(os.path.abspath(file))
    entries = {
        mark: Entry(
            path=_relative(violation.path, base),
            code=violation.code,
            function=violation.function,
            place=violation.place,
            fingerprint=mark,
            count=counts[mark],
        )
        for mark, violation in zip(marks, result.violations)
    }
    return tuple(sorted(entries.values()))


def without(result: Result, entries: Iterable[Entry]) -> Result:
    """The result without what the baseline accepts: of equal violations, the first ones."""
    left = _counts(entries)
    keep = []
    for mark in families(result.violations, result.lines):
        keep.append(left[mark] <= 0)
        left[mark] -= 1
    return result.only(keep)._replace(accepted=keep.count(False))


def compare(result: Result, entries: Iterable[Entry], judged: Iterable[Entry]) -> Comparison:
    """What is new since the baseline was written, and what is gone of ``judged``, a part of its entries."""
    found = Counter(families(result.violations, result.lines))
    gone = [
        replace(entry, count=entry.count - found[entry.fingerprint])
        for entry in judged
        if entry.count > found[entry.fingerprint]
    ]
    return Comparison(without(result, entries).violations, tuple(gone))


def told(difference: Comparison) -> Iterator[str]:
    """The difference, a line each."""
    for violation in difference.new:
        span = violation.span
        yield f"new   {violation.path}:{span.line}:{span.column} {violation.code} {violation.message}"
    for entry in difference.gone:
        what = " ".join(part for part in (entry.place and f"`{entry.place}`", entry.function) if part)
        times = f" ({entry.count} times)" if entry.count > 1 else ""
        yield f"gone  {entry.path} {entry.code} {what}".rstrip() + times


def pruned(entries: Iterable[Entry], gone: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries less those that are gone."""
    fewer = _counts(gone)
    left = [replace(entry, count=entry.count - fewer[entry.fingerprint]) for entry in entries]
    return tuple(entry for entry in left if entry.count > 0)


def judged(
    entries: Iterable[Entry], file: Path, paths: Iterable[str], codes: frozenset[str]
) -> tuple[Entry, ...]:
    """Those entries that a run over ``paths`` for ``codes`` can say something about."""
    base = os.path.dirname(os.path.abspath(file))
    tops = [os.path.abspath(path) for path in paths]
    return tuple(
        entry
        for entry in entries
        if entry.code in codes and _is_below(os.path.normpath(os.path.join(base, entry.path)), tops)
    )


def read(file: Path) -> tuple[Entry, ...]:
    """The entries of a file. Raises UsageError where it cannot be used."""
    try:
        document = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise UsageError(
            f"The baseline `{file}` does not exist; `rmwlint baseline -o {file}` writes one."
        ) from None
    except OSError as error:
        raise UsageError(f"The baseline `{file}` cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise UsageError(
            f"The baseline `{file}` is not JSON ({error}); merge conflicts in it are best resolved by "
            f"`rmwlint baseline -o {file}`."
        ) from None
    version = document.get("version") if isinstance(document, dict) else None
    if version != _VERSION:
        raise UsageError(
            f"The baseline `{file}` is not of version {_VERSION}; "
            f"`rmwlint baseline -o {file}` writes it anew."
        )
    try:
        return tuple(_entry(row) for row in document["violations"])
    except (KeyError, TypeError, ValueError):
        raise UsageError(
            f"The baseline `{file}` has an entry that rmwlint did not write; `rmwlint baseline -o {file}` "
            "writes it anew."
        ) from None


def write(file: Path, entries: Iterable[Entry]) -> None:
    """Replace the file, all at once. Raises UsageError where it cannot be written."""
    document = {"version": _VERSION, "violations": [asdict(entry) for entry in sorted(entries)]}
    data = (json.dumps(document, indent=1) + "\n").encode("ascii")
    folder = os.path.dirname(os.path.abspath(file))
    try:
        handle, beside = tempfile.mkstemp(dir=folder, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(data)
            os.chmod(beside, _mode(file))
            os.replace(beside, file)
        except BaseException:
            os.unlink(beside)
            raise
    except OSError as error:
        raise UsageError(f"The baseline `{file}` cannot be written: {error.strerror}.") from None


def _mode(file: Path) -> int:
    """The rights of the file, or those that a new one would get."""
    try:
        return file.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _entry(row: Mapping[str, Any]) -> Entry:
    entry = Entry(**row)
    words = [word for name, word in asdict(entry).items() if name != "count"]
    if not all(isinstance(word, str) for word in words) or type(entry.count) is not int or entry.count < 1:
        raise ValueError(row)
    return entry


def _counts(entries: Iterable[Entry]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for entry in entries:
        counts[entry.fingerprint] += entry.count
    return counts


def _relative(path: str, base: str) -> str:
    whole = os.path.abspath(path)
    try:
        return os.path.relpath(whole, base).replace(os.sep, "/")
    except ValueError:  # another drive
        return whole.replace(os.sep, "/")


def _is_below(path: str, tops: Iterable[str]) -> bool:
    return any(path == top or path.startswith(os.path.join(top, "")) for top in tops)
