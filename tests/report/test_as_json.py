"""The keys of the document: a contract."""

from __future__ import annotations

import json
from collections.abc import Callable

from rmwlint import __version__
from rmwlint.violation import Applicability, Confidence, Edit, Failure, Fix, Span, Step, Violation

Render = Callable[..., str]

VIOLATION = Violation(
    code="RMW104",
    name="lost-arithmetic",
    message="lost \udcff",
    path="a.py",
    span=Span(2, 1, 2, 5),
    function="Class.method",
    confidence=Confidence.MEDIUM,
    place="order.retries",
    steps=(Step("read", "b.py", Span(1, 2, 3, 4), "read here"),),
    interleaving=(("A", "reads"), ("B", "writes")),
    remedy="lock it",
    fix=Fix(Applicability.UNSAFE, "use F()", (Edit("a.py", Span(1, 1, 1, 2), "F()"),)),
)


def test_every_key(render: Render) -> None:
    failure = Failure("c.py", "f", "internal error", "Traceback")
    document = json.loads(
        render("json", VIOLATION, sources={"a.py": "x\nsave"}, failures=(failure,), suppressed=3)
    )
    fingerprint = document["violations"][0].pop("fingerprint")
    assert len(fingerprint) == 24
    assert document == {
        "version": __version__,
        "violations": [
            {
                "code": "RMW104",
                "name": "lost-arithmetic",
                "message": "lost \udcff",
                "path": "a.py",
                "line": 2,
                "column": 1,
                "end_line": 2,
                "end_column": 5,
                "function": "Class.method",
                "confidence": "medium",
                "place": "order.retries",
                "steps": [
                    {
                        "role": "read",
                        "path": "b.py",
                        "line": 1,
                        "column": 2,
                        "end_line": 3,
                        "end_column": 4,
                        "message": "read here",
                    }
                ],
                "interleaving": [["A", "reads"], ["B", "writes"]],
                "remedy": "lock it",
                "fix": {
                    "applicability": "unsafe",
                    "message": "use F()",
                    "edits": [
                        {
                            "path": "a.py",
                            "line": 1,
                            "column": 1,
                            "end_line": 1,
                            "end_column": 2,
                            "text": "F()",
                        }
                    ],
                },
            }
        ],
        "errors": [
            {
                "code": "RMW903",
                "path": "c.py",
                "function": "f",
                "message": "internal error",
                "traceback": "Traceback",
            }
        ],
        "summary": {
            "files": 1,
            "violations": 1,
            "errors": 1,
            "suppressed": 3,
            "accepted": 0,
            "by_code": {"RMW104": 1},
        },
    }


def test_a_clean_run(render: Render) -> None:
    document = json.loads(render("json", sources={"a.py": "", "b.py": ""}))
    assert document["violations"] == document["errors"] == []
    assert document["summary"]["files"] == 2


def test_no_fix_is_null(render: Render) -> None:
    document = json.loads(render("json", VIOLATION._replace(fix=None), sources={}))
    assert document["violations"][0]["fix"] is None
