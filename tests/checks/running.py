"""Programs under the checks: files in, what is said about each line out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from rmwlint.check import registry
from rmwlint.engine import analyse
from rmwlint.libraries.index import Libraries
from rmwlint.libraries.load import load
from rmwlint.store import Store
from rmwlint.violation import Violation


@cache
def libraries() -> Libraries:
    """The built-in library models, read once."""
    return load()


def violations(
    paths: Sequence[Path],
    codes: frozenset[str] | None = None,
    *,
    given: Mapping[Path, bytes] | None = None,
    unlikely: bool = True,
) -> list[Violation]:
    """What the checks (all, or those of ``codes``) say about the files. An internal failure fails the test."""
    store = Store(sorted({path.parent for path in paths}))
    for path, data in (given or {}).items():
        store.give(path, data)
    found = list(analyse(paths, store, libraries(), codes=codes or frozenset(registry()), unlikely=unlikely))
    assert not store.rejected, [violation.message for violation in store.rejected.values()]
    assert not store.failures, "\n".join(failure.traceback for failure in store.failures)
    return found


def of_text(text: str | bytes, codes: frozenset[str] | None = None) -> list[Violation]:
    """What the checks say about a program of one module."""
    path = Path("example_program.py")
    return violations([path], codes, given={path: text.encode() if isinstance(text, str) else text})


def examples(doc: str, kind: str) -> list[str]:
    """The code of each block headed ``Bad:`` or ``Good:`` (``Bad, with a thread:`` too) of a docstring."""
    found: list[list[str]] = []
    inside = False
    for line in doc.splitlines():
        if line.strip() and not line[0].isspace():
            inside = is_heading(line, kind)
            if inside:
                found.append([])
        elif inside:
            found[-1].append(line[4:])
    return ["\n".join(lines).strip("\n") + "\n" for lines in found]


def is_heading(line: str, *kinds: str) -> bool:
    """Whether a line of a docstring heads a block of code."""
    return any(re.fullmatch(rf"{kind}\b[^:]*:", line) for kind in kinds)
