"""What git would ignore: nested ``.gitignore`` files and ``.git/info/exclude``.

The user's global excludes are not read: the same checkout must give the same violations on
every machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from rmwlint.source.ledger import Ledger


class Rules(NamedTuple):
    """The patterns of one file, which are relative to ``base`` (absolute); ``outer`` come after them."""

    base: str
    patterns: GitIgnoreSpec
    outer: Rules | None


def patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    """Compile gitignore patterns; like git, drop those that mean nothing."""
    from pathspec import GitIgnoreSpec  # only trees that have patterns pay for the import

    kept = list(lines)
    try:
        return GitIgnoreSpec.from_lines(kept)
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in kept if _compiles(line)])


def rules_of(folder: str, outer: Rules | None, ledger: Ledger) -> Rules | None:
    """``outer`` and, before it, what the ``.gitignore`` in ``folder`` says."""
    return _read(os.path.join(folder, ".gitignore"), folder, outer, ledger)


def rules_around(folder: str, ledger: Ledger) -> Rules | None:
    """The rules that hold in ``folder`` (absolute) from the folders around it, up to its git checkout."""
    above: list[str] = []
    here = folder
    while not ledger.exists(os.path.join(here, ".git")):
        parent = os.path.dirname(here)
        if parent == here:
            return None
        here = parent
        above.append(here)
    rules = _read(os.path.join(here, ".git", "info", "exclude"), here, None, ledger)
    for outside in reversed(above):
        rules = rules_of(outside, rules, ledger)
    return rules


def ignored(path: str, is_folder: bool, rules: Rules | None) -> bool:
    """Whether the rules leave ``path`` (absolute) out. The last pattern of the nearest file decides."""
    while rules is not None:
        base = rules.base if rules.base.endswith(os.sep) else rules.base + os.sep
        if not path.startswith(base):
            rules = rules.outer
            continue
        relative = path[len(base) :]
        if os.sep != "/":
            relative = relative.replace(os.sep, "/")
        verdict = rules.patterns.check_file(relative + "/" if is_folder else relative).include
        if verdict is not None:
            return verdict
        rules = rules.outer
    return False


def _read(path: str, base: str, outer: Rules | None, ledger: Ledger) -> Rules | None:
    data = ledger.read_rules(path)
    if data is None:
        return outer
    lines = data.decode(errors="surrogateescape").splitlines()
    wanted = [line for line in lines if line.strip() and not line.startswith("#")]
    return Rules(base, patterns(wanted), outer) if wanted else outer


def _compiles(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
