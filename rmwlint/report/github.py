"""Annotations of GitHub Actions: workflow commands, one a violation.

GitHub shows the first ten errors, ten warnings and ten notices of a step; `sarif` has no such limit.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TextIO

from rmwlint.own import INTERNAL_ERROR
from rmwlint.report import told
from rmwlint.report.result import Result
from rmwlint.report.whereabouts import in_repository
from rmwlint.violation import Confidence, Violation

_COMMANDS = {Confidence.HIGH: "error", Confidence.MEDIUM: "warning", Confidence.LOW: "notice"}


def write(result: Result, out: TextIO, *, colour: bool) -> None:
    """Write one command a violation, and one a failure of rmwlint's own."""
    del colour
    for violation in result.violations:
        out.write(_command(_COMMANDS[violation.confidence], _where(violation), _text(violation)))
    for failure in result.failures:
        properties = {"title": f"{INTERNAL_ERROR.code} {INTERNAL_ERROR.name}"}
        if failure.path:
            properties["file"] = in_repository(failure.path)
        function = f"{failure.function}: " if failure.function else ""
        out.write(
            _command("error", properties, f"{function}{failure.message}\n\n{failure.traceback}".rstrip())
        )


def _where(violation: Violation) -> dict[str, str]:
    span = violation.span
    properties = {
        "title": f"{violation.code} {violation.name}",
        "file": in_repository(violation.path),
        "line": str(span.line),
        "endLine": str(span.end_line),
    }
    if span.line == span.end_line:
        # columns are taken for those of one line only
        properties |= {"col": str(span.column), "endColumn": str(span.end_column)}
    return properties


def _text(violation: Violation) -> str:
    steps = "\n".join(
        f"{in_repository(step.path)}:{step.span.line}: {step.message}"
        for step in violation.steps
        if step.message
    )
    parts = (violation.message, steps, told.interleaving(violation), told.remedy(violation))
    return "\n\n".join(part for part in parts if part)


def _command(name: str, properties: dict[str, str], text: str) -> str:
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(text)}\n"


def _data(text: str) -> str:
    return told.encodable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
