"""What a run found, as every format gets it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from rmwlint.answers import Answer
from rmwlint.violation import Failure, Violation


class Result(NamedTuple):
    """``violations`` are those to show, sorted; ``lines`` gives the source lines of a path.

    ``failures`` are rmwlint's own. ``files`` counts those checked, ``suppressed`` the violations that a
    comment silenced, ``accepted`` those that a baseline holds. ``marks`` are the fingerprints, where
    violations were taken out after they were made: equal ones are told apart by their order.
    """

    violations: tuple[Violation, ...]
    failures: tuple[Failure, ...]
    files: int
    suppressed: int
    lines: Callable[[str], list[str]]
    accepted: int = 0
    marks: tuple[str, ...] | None = None

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

    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprint of each violation, in order."""
        if self.marks is not None:
            return self.marks
        from rmwlint.report.fingerprint import fingerprints

        return tuple(fingerprints(self.violations, self.lines))

    def only(self, keep: Sequence[bool]) -> Result:
        """The result with those violations for which ``keep`` is true; they keep their fingerprints."""
        kept = [pair for pair, wanted in zip(zip(self.violations, self.fingerprints()), keep) if wanted]
        return self._replace(
            violations=tuple(violation for violation, _ in kept), marks=tuple(mark for _, mark in kept)
        )


def result_of(
    answers: Collection[Answer], failures: Sequence[Failure], lines: Callable[[str], list[str]]
) -> Result:
    """What the answers about all files of a run come to."""
    marked = all(len(answer.marks) == len(answer.violations) for answer in answers)
    found = [
        (violation, answer.marks[number] if marked else "")
        for answer in answers
        for number, violation in enumerate(answer.violations)
    ]
    found.sort(key=_order)
    return Result(
        violations=tuple([violation for violation, _ in found]),
        failures=tuple(failures),
        files=sum(not answer.skipped for answer in answers),
        suppressed=sum(answer.suppressed for answer in answers),
        lines=lines,
        marks=tuple([mark for _, mark in found]) if marked else None,
    )


def _order(found: tuple[Violation, str]) -> tuple[str, int, int, str, str]:
    violation = found[0]
    return (violation.path, violation.span.line, violation.span.column, violation.code, violation.message)
