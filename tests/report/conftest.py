from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from rmwlint.report import format_named
from rmwlint.report.result import Result
from rmwlint.store import Failure
from rmwlint.violation import Violation

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
        out = io.TextIOWrapper(raw, encoding=encoding, newline="", write_through=True)
        format_named(form).write(result, out, colour=colour)
        return raw.getvalue().decode(encoding)

    return write
