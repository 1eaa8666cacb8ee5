"""GitLab's Code Quality report: a list of issues, a subset of what Code Climate defined.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, TextIO

from rmwlint.own import INTERNAL_ERROR
from rmwlint.report import told
from rmwlint.report.result import Result
from rmwlint.report.whereabouts import in_repository
from rmwlint.violation import Confidence, Failure, Violation

_SEVERITIES = {Confidence.HIGH: "major", Confidence.MEDIUM: "minor", Confidence.LOW: "info"}


def write(result: Result, out: TextIO, *, colour: bool) -> None:
    """Write the whole list; failures of rmwlint's own are issues too, or they would look like silence."""
    del colour
    issues = [_issue(*pair) for pair in zip(result.violations, result.fingerprints())]
    json.dump(issues + [_failure(failure) for failure in result.failures], out, indent=2)
    out.write("\n")


def _issue(violation: Violation, fingerprint: str) -> dict[str, Any]:
    return {
        "type": "issue",
        "categories": ["Bug Risk"],
        "check_name": f"{violation.code} {violation.name}",
        "description": told.encodable(violation.message),
        "content": {"body": told.encodable(_body(violation))},
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[violation.confidence],
        "location": {
            "path": told.encodable(in_repository(violation.path)),
            "lines": {"begin": violation.span.line, "end": violation.span.end_line},
        },
    }


def _body(violation: Violation) -> str:
    rows = told.interleaving(violation)
    parts = (f"```\n{rows}\n```" if rows else "", told.remedy(violation))
    return "\n\n".join(part for part in parts if part)


def _failure(failure: Failure) -> dict[str, Any]:
    identity = "\0".join((INTERNAL_ERROR.code, failure.path, failure.function, failure.message))
    return {
        "type": "issue",
        "categories": ["Bug Risk"],
        "check_name": f"{INTERNAL_ERROR.code} {INTERNAL_ERROR.name}",
        "description": told.encodable(failure.message),
        "content": {"body": f"```\n{told.encodable(failure.traceback)}\n```"},
        "fingerprint": hashlib.blake2b(identity.encode("utf-8", "replace"), digest_size=12).hexdigest(),
        "severity": "blocker",
        "location": {
            "path": told.encodable(in_repository(failure.path)) if failure.path else ".",
            "lines": {"begin": 1, "end": 1},
        },
    }
