from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import NamedTuple

import pytest

from rmwlint.report import format_named
from rmwlint.report.result import Result
from rmwlint.violation import Applicability, Confidence, Edit, Failure, Fix, Span, Step, Violation

Render = Callable[..., str]


@pytest.fixture
def render() -> Render:
    """Write violations in a format; ``sources`` are the texts of the files."""

    def write(
        form: str,
        *violations: Violation,
        sources: dict[str, str],
        failures: tuple[Failure, ...] = (),
        encoding: str = "utf-8",
        colour: bool = False,
        suppressed: int = 0,
    ) -> str:
        lines = {path: text.split("\n") for path, text in sources.items()}
        result = Result(violations, failures, len(sources), suppressed, lambda path: lines.get(path, []))
        raw = io.BytesIO()
        out = io.TextIOWrapper(raw, encoding, "backslashreplace", newline="", write_through=True)
        format_named(form).write(result, out, colour=colour)
        return raw.getvalue().decode(encoding)

    return write


class Odd(NamedTuple):
    """Violations that no format may stumble over, and their sources."""

    violations: tuple[Violation, ...]
    sources: dict[str, str]
    failures: tuple[Failure, ...]


@pytest.fixture(scope="session")
def odd() -> Odd:
    """Letters, quotes, line ends and markup where they hurt most; a path that is no text; no steps at all."""
    path = 'a b/日本\'s "x",:%;&<>.py'
    no_text = os.fsdecode(b"\xff.py")
    text = (
        "line one\r\nline % two\n\x1b[31m\x00]]> </script> <b>\U0001f600 'q' \"q\" [link](1) ::end:: \ud800"
    )
    steps = (
        Step("read", path, Span(1, 4, 1, 9), text),
        Step("decide", no_text, Span(1, 1, 3, 1), ""),
        Step("write", path, Span(2, 1, 2, 5), "written"),
    )
    fix = Fix(
        Applicability.UNSAFE, text, (Edit(path, Span(1, 4, 1, 9), text), Edit(no_text, Span(1, 1, 1, 1), ""))
    )
    whole = Violation(
        code="RMW104",
        name="lost-arithmetic",
        message=text,
        path=path,
        span=Span(2, 1, 2, 5),
        function="Über.<locals>.f",
        confidence=Confidence.HIGH,
        place="self.x['<y>']",
        steps=steps,
        interleaving=(("A", text), ("B", "reads {0} {x}    is lost"), ("A", "")),
        remedy=text,
        fix=fix,
    )
    bare = Violation("RMW901", "unreadable-file", text, no_text, Span(9, 7, 9, 7), "", Confidence.LOW, "")
    return Odd(
        violations=(
            whole,
            whole._replace(confidence=Confidence.MEDIUM),
            whole._replace(steps=(), fix=None),
            whole._replace(steps=(), fix=fix._replace(applicability=Applicability.DISPLAY_ONLY)),
            bare,
        ),
        sources={path: "\U0001f600\U0001f600 = read()\r\nsave(]]>)", no_text: "x\n"},
        failures=(Failure(path, "f", text, text), Failure("", "", "out of memory", "")),
    )
