"""The result as one JSON document. Other tools depend on its keys: they are added to, never changed."""

from __future__ import annotations

import json
from typing import Any, TextIO

from rmwlint import __version__
from rmwlint.own import INTERNAL_ERROR
from rmwlint.report.result import Result
from rmwlint.violation import Failure, Fix, Span, Step, Violation


def write(result: Result, out: TextIO, *, colour: bool) -> None:
    """Write the whole document."""
    del colour
    json.dump(document(result), out, indent=2)
    out.write("\n")


def document(result: Result) -> dict[str, Any]:
    """The document as plain values."""
    return {
        "version": __version__,
        "violations": [_violation(*pair) for pair in zip(result.violations, result.fingerprints())],
        "errors": [_error(failure) for failure in result.failures],
        "summary": {
            "files": result.files,
            "violations": len(result.violations),
            "errors": len(result.failures),
            "suppressed": result.suppressed,
            "accepted": result.accepted,
            "by_code": result.by_code(),
        },
    }


def _violation(violation: Violation, fingerprint: str) -> dict[str, Any]:
    return {
        "code": violation.code,
        "name": violation.name,
        "message": violation.message,
        "path": violation.path,
        **_span(violation.span),
        "function": violation.function,
        "confidence": violation.confidence.label,
        "place": violation.place,
        "steps": [_step(step) for step in violation.steps],
        "interleaving": [list(row) for row in violation.interleaving],
        "remedy": violation.remedy,
        "fix": _fix(violation.fix),
        "fingerprint": fingerprint,
    }


def _span(span: Span) -> dict[str, int]:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _step(step: Step) -> dict[str, Any]:
    return {"role": step.role, "path": step.path, **_span(step.span), "message": step.message}


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [{"path": edit.path, **_span(edit.span), "text": edit.text} for edit in fix.edits]
    return {"applicability": fix.applicability.value, "message": fix.message, "edits": edits}


def _error(failure: Failure) -> dict[str, Any]:
    return {
        "code": INTERNAL_ERROR.code,
        "path": failure.path,
        "function": failure.function,
        "message": failure.message,
        "traceback": failure.traceback,
    }
