"""Which lines of which file a violation is shown on, and what is underlined in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rmwlint.violation import Span, Step, Violation

#: So many lines between two marked ones are shown as well.
_BETWEEN = 3


class Mark(NamedTuple):
    """What is underlined, and what is said about it."""

    span: Span
    role: str
    text: str


def marks_of(violation: Violation) -> dict[str, list[Mark]]:
    """What to underline in which file, the violation's own file first; one mark a span, in source order."""
    marks: dict[str, list[Mark]] = {violation.path: []}
    steps: Iterable[Step] = violation.steps
    if not any(step.path == violation.path and step.span == violation.span for step in steps):
        marks[violation.path].append(Mark(violation.span, "write", ""))
    for step in steps:
        marks.setdefault(step.path, []).append(Mark(step.span, step.role, step.message))
    return {path: _merged(found) for path, found in marks.items()}


def lines_shown(marks: Iterable[Mark], count: int, around: int = 0) -> Iterator[int]:
    """The numbers of the lines to show of a file that has ``count``; 0 stands for a gap.

    They are the first lines of the marks, ``around`` more before and after, and what lies between near ones.
    """
    wanted = {
        number
        for mark in marks
        if 0 < mark.span.line <= count
        for number in range(mark.span.line - around, mark.span.line + around + 1)
        if 0 < number <= count
    }
    before = 0
    for number in sorted(wanted):
        if before and number - before - 1 > _BETWEEN:
            yield 0
        elif before:
            yield from range(before + 1, number)
        yield number
        before = number


def _merged(marks: list[Mark]) -> list[Mark]:
    by_span: dict[Span, Mark] = {}
    for mark in marks:
        other = by_span.get(mark.span)
        if other is not None:
            said = other.text if mark.text in other.text else f"{other.text}; {mark.text}".strip("; ")
            mark = Mark(mark.span, mark.role, said)
        by_span[mark.span] = mark
    return sorted(by_span.values(), key=lambda mark: mark.span)
