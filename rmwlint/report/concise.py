"""One violation a line: ``path:line:column CODE [confidence] message``."""

from __future__ import annotations

from typing import TextIO

from rmwlint.report.result import Result


def write(result: Result, out: TextIO, *, colour: bool) -> None:
    """Write one line a violation, and one a failure of rmwlint's own."""
    del colour
    for violation in result.violations:
        span = violation.span
        out.write(
            f"{violation.path}:{span.line}:{span.column} {violation.code} "
            f"[{violation.confidence.label}] {violation.message}\n"
        )
    for failure in result.failures:
        where = f"{failure.path}: " if failure.path else ""
        out.write(f"{where}RMW903 {failure.message}\n")
