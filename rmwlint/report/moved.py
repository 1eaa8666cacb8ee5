"""Violations of an older text, as they stand in a newer one that differs in one place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rmwlint.source.text import Undecodable, decode, split_lines
from rmwlint.violation import Span, Violation


def moved(
    violations: Sequence[Violation], path: str, before: bytes, after: bytes, changed: Collection[str]
) -> Iterator[Violation]:
    """The violations of a file that are in no changed function, with their stories, moved with their lines.

    What stands in the lines that were changed is left out.
    """
    try:
        old, new = split_lines(decode(before)), split_lines(decode(after))
    except Undecodable:
        return
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    by, end = len(new) - len(old), len(old) - last  # lines first + 1 … end were changed

    def place(span: Span) -> Span:
        return span if span.line <= first else span._replace(line=span.line + by, end_line=span.end_line + by)

    for violation in violations:
        if violation.function in changed and violation.function:
            continue
        if violation.line > first and violation.line <= end:
            continue
        yield violation._replace(
            span=place(violation.span),
            steps=tuple(
                step._replace(span=place(step.span)) if step.path == path else step
                for step in violation.steps
            ),
        )
