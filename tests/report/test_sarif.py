"""Logs that the published schema takes, and what is in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rmwlint import __version__
from rmwlint.codes import all_codes
from rmwlint.violation import Applicability, Confidence, Edit, Fix, Span, Step, Violation

Render = Callable[..., str]

#: From OASIS; see its `id`.
SCHEMA = json.loads((Path(__file__).parent / "schemas/sarif-2.1.0.json").read_text("utf-8"))

LOST = Violation(
    code="RMW104",
    name="lost-arithmetic",
    message="`order.retries` is written back",
    path="a.py",
    span=Span(2, 1, 2, 5),
    function="Class.method",
    confidence=Confidence.HIGH,
    place="order.retries",
    steps=(
        Step("read", "b.py", Span(1, 2, 3, 4), "read here"),
        Step("write", "a.py", Span(2, 1, 2, 5), "written here"),
    ),
    interleaving=(("A", "reads 3"), ("B", "writes 4    A's update is lost")),
    remedy="lock it",
)


def checked(text: str) -> Any:
    """The one run of a log, once the schema has taken it."""
    document = json.loads(text)
    jsonschema.Draft4Validator(SCHEMA).validate(document)
    (run,) = document["runs"]
    return run


def test_the_schema_is_not_lenient() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate(
            {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{}]}]}
        )


def test_a_real_run(demo: Path, rmwlint: Callable[..., Any]) -> None:
    output = rmwlint("check", "--no-cache", "--output-format", "sarif", str(demo))
    run = checked(output.out)
    assert output.code == 1
    assert len(run["results"]) >= 5
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith(
            "fixtures/demo/"
        )
        (flow,) = result["codeFlows"]
        (thread,) = flow["threadFlows"]
        assert flow["message"]["text"] in thread["locations"][-1]["location"]["message"]["text"]
    assert run["invocations"] == [
        {"executionSuccessful": True, "exitCode": 1, "toolExecutionNotifications": []}
    ]


def test_odd_input(render: Render, odd: Any) -> None:
    run = checked(render("sarif", *odd.violations, sources=odd.sources, failures=odd.failures))
    whole, medium, bare_story, sketch, unreadable = run["results"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "error", "error", "note"]
    region = whole["relatedLocations"][0]["physicalLocation"]["region"]
    assert region == {
        "startLine": 1,
        "startColumn": 6,
        "endLine": 1,
        "endColumn": 11,
    }  # two wide letters before
    artifact = whole["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {
        "uri": "a%20b/%E6%97%A5%E6%9C%AC%27s%20%22x%22%2C%3A%25%3B%26%3C%3E.py",
        "uriBaseId": "%SRCROOT%",
    }
    assert r"\[link\](1)" in whole["message"]["text"]
    assert "\ud800" not in json.dumps(run, ensure_ascii=False)
    assert len(whole["fixes"][0]["artifactChanges"]) == 2
    assert "fixes" not in bare_story and "fixes" not in sketch
    assert len(bare_story["codeFlows"][0]["threadFlows"][0]["locations"]) == 1
    assert "codeFlows" not in unreadable and "logicalLocations" not in unreadable["locations"][0]
    assert len({result["partialFingerprints"]["rmwlint/v1"] for result in run["results"]}) == 5
    assert medium["properties"]["confidence"] == "medium"
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    assert [len(said.get("locations", ())) for said in invocation["toolExecutionNotifications"]] == [1, 0]


def test_the_whole_of_a_result(render: Render) -> None:
    fix = Fix(Applicability.SAFE, "use F()", (Edit("a.py", Span(2, 1, 2, 1), "F()"),))
    run = checked(render("sarif", LOST._replace(fix=fix), sources={"a.py": "x\nsave"}))
    (result,) = run["results"]
    at_write = {
        "artifactLocation": {"uri": "a.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 5},
    }
    at_read = {
        "artifactLocation": {"uri": "b.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1, "startColumn": 2, "endLine": 3, "endColumn": 4},
    }
    rows = "A: reads 3\nB: writes 4 — A's update is lost"
    assert len(result.pop("partialFingerprints")["rmwlint/v1"]) == 24
    assert run["tool"]["driver"]["rules"][result.pop("ruleIndex")]["id"] == "RMW104"
    assert result == {
        "ruleId": "RMW104",
        "level": "error",
        "message": {"text": f"`order.retries` is written back\n\n{rows}\n\nFix (safe): use F()"},
        "locations": [
            {
                "physicalLocation": at_write,
                "logicalLocations": [{"fullyQualifiedName": "Class.method", "kind": "function"}],
            }
        ],
        "properties": {"confidence": "high", "place": "order.retries", "remedy": "lock it"},
        "relatedLocations": [
            {"id": 1, "physicalLocation": at_read, "message": {"text": "read here"}},
            {"id": 2, "physicalLocation": at_write, "message": {"text": "written here"}},
        ],
        "codeFlows": [
            {
                "message": {"text": rows},
                "threadFlows": [
                    {
                        "locations": [
                            {
                                "location": {"physicalLocation": at_read, "message": {"text": "read here"}},
                                "kinds": ["read"],
                                "executionOrder": 1,
                                "importance": "essential",
                            },
                            {
                                "location": {
                                    "physicalLocation": at_write,
                                    "message": {"text": f"written here\n\n{rows}"},
                                },
                                "kinds": ["write"],
                                "executionOrder": 2,
                                "importance": "essential",
                            },
                        ]
                    }
                ],
            }
        ],
        "fixes": [
            {
                "description": {"text": "use F()"},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": "a.py", "uriBaseId": "%SRCROOT%"},
                        "replacements": [
                            {
                                "deletedRegion": {
                                    "startLine": 2,
                                    "startColumn": 1,
                                    "endLine": 2,
                                    "endColumn": 1,
                                },
                                "insertedContent": {"text": "F()"},
                            }
                        ],
                    }
                ],
                "properties": {"applicability": "safe"},
            }
        ],
    }


def test_every_check_is_a_rule_with_help(render: Render) -> None:
    driver = checked(render("sarif", sources={"a.py": ""}))["tool"]["driver"]
    assert driver["version"] == __version__
    assert [rule["id"] for rule in driver["rules"]] == list(all_codes())
    lost = next(rule for rule in driver["rules"] if rule["id"] == "RMW104")
    assert lost["name"] == "LostArithmetic"
    assert "```python\n" in lost["help"]["markdown"]
    assert all(rule["shortDescription"]["text"] for rule in driver["rules"])


def test_paths_are_relative_to_the_repository(
    render: Render, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/sub").mkdir()
    monkeypatch.chdir(tmp_path / "repo/sub")
    outside = LOST._replace(path=str(tmp_path / "other.py"), steps=())
    run = checked(render("sarif", LOST, outside, sources={}))
    first, second = (
        result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]
    )
    assert first == {"uri": "sub/a.py", "uriBaseId": "%SRCROOT%"}
    assert second == {"uri": (tmp_path / "other.py").as_uri()}
