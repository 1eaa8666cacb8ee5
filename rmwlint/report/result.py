"""What a run found, as every format gets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rmwlint.store import Failure
from rmwlint.violation import Violation


class Result(NamedTuple):
    """``violations`` are those to show, sorted; ``lines`` gives the source lines of a path.

    ``failures`` are rmwlint's own. ``files`` counts those checked, ``suppressed`` the violations that a
    comment silenced.
    """

    violations: tuple[Violation, ...]
    failures: tuple[Failure, ...]
    files: int
    suppressed: int
    lines: Callable[[str], list[str]]

    @property
    def exit_code(self) -> int:
        """0 clean, 1 violations, 2 rmwlint failed somewhere."""
        if self.failures:
            return 2
        return 1 if self.violations else 0

    def by_code(self) -> dict[str, int]:
        """How many violations each code has, in the order of the codes."""
        counts: dict[str, int] = {}
        for violation in self.violations:
            counts[violation.code] = counts.get(violation.code, 0) + 1
        return dict(sorted(counts.items()))
