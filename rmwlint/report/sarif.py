"""SARIF 2.1.0, which code hosts and editors read.

Paths are relative to the repository (``%SRCROOT%``). Columns are counted in UTF-16 code units: that is what
readers take them for where a log does not say, and many do not look. The steps are the code flow; its last
place also tells the interleaving.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TextIO

from rmwlint import __version__
from rmwlint.codes import Described, all_codes
from rmwlint.own import INTERNAL_ERROR, OWN_CODES
from rmwlint.report import told
from rmwlint.report.explained import explained
from rmwlint.report.result import Result
from rmwlint.report.whereabouts import uri
from rmwlint.violation import Applicability, Confidence, Failure, Fix, Span, Violation

_LEVELS = {Confidence.HIGH: "error", Confidence.MEDIUM: "warning", Confidence.LOW: "note"}
_LINK = re.compile(r"\[([^\[\]]*)\](?=\()")


def write(result: Result, out: TextIO, *, colour: bool) -> None:
    """Write the log, with one run."""
    del colour
    out.write(json.dumps(log(result)))  # with indents it takes Python's own encoder, and ten times as long
    out.write("\n")


def log(result: Result) -> dict[str, Any]:
    """The log as plain values."""
    known = all_codes()
    numbers = {code: number for number, code in enumerate(known)}
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "rmwlint",
                        "version": __version__,
                        "semanticVersion": __version__,
                        "rules": [_rule(described) for described in known.values()],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not result.failures,
                        "exitCode": result.exit_code,
                        "toolExecutionNotifications": [_notification(failure) for failure in result.failures],
                    }
                ],
                "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
                "columnKind": "utf16CodeUnits",
                "newlineSequences": ["\r\n", "\n", "\r"],
                "results": [
                    _result(violation, mark, result, numbers)
                    for violation, mark in zip(result.violations, result.fingerprints())
                ],
            }
        ],
    }


def _rule(described: Described) -> dict[str, Any]:
    text = explained(described.doc)
    own = described.code in OWN_CODES
    return {
        "id": described.code,
        "name": described.name.title().replace("-", ""),
        "shortDescription": _message(text.title),
        "fullDescription": _message(text.prose or text.title),
        "help": {"text": f"{text.title}\n\n{text.markdown}", "markdown": f"{text.title}\n\n{text.markdown}"},
        "defaultConfiguration": {"enabled": described.default, "level": "error"},
        "properties": {"tags": ["maintainability"] if own else ["reliability", "concurrency"]},
    }


def _notification(failure: Failure) -> dict[str, Any]:
    made: dict[str, Any] = {
        "level": "error",
        "message": _message(failure.message),
        "descriptor": {"id": INTERNAL_ERROR.code},
        "exception": {"message": told.encodable(failure.traceback or failure.message)},
    }
    if failure.path:
        location: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(failure.path)}}
        if failure.function:
            location["logicalLocations"] = [_function(failure.function)]
        made["locations"] = [location]
    return made


def _result(violation: Violation, mark: str, result: Result, numbers: Mapping[str, int]) -> dict[str, Any]:
    place = _location(violation.path, violation.span, result)
    if violation.function:
        place["logicalLocations"] = [_function(violation.function)]
    made: dict[str, Any] = {
        "ruleId": violation.code,
        "level": _LEVELS[violation.confidence],
        "message": _message(told.whole(violation)),
        "locations": [place],
        "partialFingerprints": {"rmwlint/v1": mark},
        "properties": {
            "confidence": violation.confidence.label,
            "place": told.encodable(violation.place),
            "remedy": told.encodable(violation.remedy),
        },
    }
    if violation.code in numbers:
        made["ruleIndex"] = numbers[violation.code]
    if violation.steps:
        made["relatedLocations"] = [
            _location(step.path, step.span, result, step.message, number)
            for number, step in enumerate(violation.steps, 1)
        ]
    if violation.steps or violation.interleaving:
        made["codeFlows"] = [_flow(violation, result)]
    fix = violation.fix
    if fix is not None and fix.edits and fix.applicability is not Applicability.DISPLAY_ONLY:
        made["fixes"] = [_fix(fix, result)]
    return made


def _flow(violation: Violation, result: Result) -> dict[str, Any]:
    places = [(step.path, step.span, step.message, step.role) for step in violation.steps]
    if not places:
        places = [(violation.path, violation.span, violation.message, "write")]
    rows = told.interleaving(violation)
    path, span, text, role = places[-1]
    places[-1] = (path, span, f"{text}\n\n{rows}" if rows else text, role)
    steps = [
        {
            "location": _location(path, span, result, text),
            "kinds": [role],
            "executionOrder": number,
            "importance": "essential",
        }
        for number, (path, span, text, role) in enumerate(places, 1)
    ]
    flow: dict[str, Any] = {"threadFlows": [{"locations": steps}]}
    if rows:
        flow["message"] = _message(rows)
    return flow


def _fix(fix: Fix, result: Result) -> dict[str, Any]:
    by_path: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        by_path.setdefault(edit.path, []).append({
            "deletedRegion": _region(edit.path, edit.span, result),
            "insertedContent": {"text": told.encodable(edit.text)},
        })  # fmt: skip
    return {
        "description": _message(fix.message),
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": replacements}
            for path, replacements in by_path.items()
        ],
        "properties": {"applicability": fix.applicability.value},
    }


def _location(path: str, span: Span, result: Result, text: str = "", number: int = 0) -> dict[str, Any]:
    made: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": _artifact(path), "region": _region(path, span, result)}
    }
    if text:
        made["message"] = _message(text)
    if number:
        made["id"] = number
    return made


def _function(name: str) -> dict[str, str]:
    return {"fullyQualifiedName": name, "kind": "function"}


def _artifact(path: str) -> dict[str, str]:
    where = uri(path)
    return {"uri": where} if where.startswith("file:") else {"uri": where, "uriBaseId": "%SRCROOT%"}


def _region(path: str, span: Span, result: Result) -> dict[str, int]:
    lines = result.lines(path)
    return {
        "startLine": span.line,
        "startColumn": _column(lines, span.line, span.column),
        "endLine": span.end_line,
        "endColumn": _column(lines, span.end_line, span.end_column),
    }


def _column(lines: list[str], line: int, column: int) -> int:
    """A column in UTF-16 code units, from 1."""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return column + sum(char > "\uffff" for char in text[: column - 1])


def _message(text: str) -> dict[str, str]:
    r"""A message; ``[a](b)`` in it would be a link, so its brackets are escaped."""
    return {"text": _LINK.sub(r"\\[\1\\]", told.encodable(text))}
