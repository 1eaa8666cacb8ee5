"""Code Quality reports that GitLab takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

Render = Callable[..., str]

#: What GitLab's documentation demands of a report.
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!/|\./).+"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {
                            "begin": {"type": "integer", "minimum": 1},
                            "end": {"type": "integer", "minimum": 1},
                        },
                    },
                },
            },
        },
    },
}


def checked(text: str) -> list[dict[str, Any]]:
    issues: list[dict[str, Any]] = json.loads(text)
    jsonschema.Draft7Validator(SCHEMA).validate(issues)
    marks = [issue["fingerprint"] for issue in issues]
    assert len(set(marks)) == len(marks), "GitLab shows only one issue of equal fingerprints"
    return issues


def test_a_real_run(demo: Path, rmwlint: Callable[..., Any]) -> None:
    issues = checked(rmwlint("check", "--no-cache", "--output-format", "gitlab", str(demo)).out)
    assert len(issues) >= 5
    for issue in issues:
        assert (demo.parents[1] / issue["location"]["path"]).is_file()
        assert issue["content"]["body"].startswith("```\nA: ")


def test_odd_input(render: Render, odd: Any) -> None:
    text = render("gitlab", *odd.violations, sources=odd.sources, failures=odd.failures)
    issues = checked(text)
    assert text.isascii()
    assert [issue["severity"] for issue in issues] == [
        "major", "minor", "major", "major", "info", "blocker", "blocker"
    ]  # fmt: skip
    assert issues[0]["location"] == {"path": odd.violations[0].path, "lines": {"begin": 2, "end": 2}}
    assert issues[4]["location"]["path"] == "\\xff.py"
    assert issues[0]["description"].isprintable() is False
    assert issues[-1]["location"]["path"] == "."


@pytest.mark.parametrize("sources", [{}, {"a.py": ""}])
def test_nothing_to_say(render: Render, sources: dict[str, str]) -> None:
    assert checked(render("gitlab", sources=sources)) == []
