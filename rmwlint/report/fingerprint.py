"""What identifies a violation from one version of a file to the next.

Code, file, function, place and the text of the primary line: not its number, so lines may move. Equal
violations are told apart by their order.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable

from rmwlint.source.project import project_root
from rmwlint.violation import Violation


def fingerprints(violations: Iterable[Violation], lines: Callable[[str], list[str]]) -> list[str]:
    """The fingerprint of each violation, in order. ``lines`` gives the source lines of a path."""
    seen: Counter[tuple[str, ...]] = Counter()
    made = []
    for violation in violations:
        identity = _identity(violation, lines)
        seen[identity] += 1
        made.append(_digest(identity, seen[identity]))
    return made


def families(violations: Iterable[Violation], lines: Callable[[str], list[str]]) -> list[str]:
    """For each violation the fingerprint that it and its equals share: that of the first of them."""
    return [_digest(_identity(violation, lines), 1) for violation in violations]


def _identity(violation: Violation, lines: Callable[[str], list[str]]) -> tuple[str, ...]:
    source = lines(violation.path)
    number = violation.line
    text = " ".join(source[number - 1].split()) if 0 < number <= len(source) else ""
    return (violation.code, _in_project(violation.path), violation.function, violation.place, text)


def _digest(identity: tuple[str, ...], number: int) -> str:
    whole = "\0".join((*identity, str(number)))
    return hashlib.blake2b(whole.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def _in_project(path: str) -> str:
    """The path as seen from its project's root, so that it does not depend on where rmwlint runs."""
    whole = os.path.abspath(path)
    root = project_root(os.path.dirname(whole))
    return (os.path.relpath(whole, root) if root is not None else os.path.basename(whole)).replace(
        os.sep, "/"
    )
