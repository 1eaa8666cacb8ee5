from __future__ import annotations

from collections.abc import Callable

from rmwlint.violation import Confidence, Failure, Span, Violation

Render = Callable[..., str]


def test_one_line_each(render: Render) -> None:
    violation = Violation(
        "RMW104", "lost-arithmetic", "lost", "a.py", Span(3, 7, 9, 1), "f", Confidence.LOW, "x"
    )
    failure = Failure("", "", "internal error: x", "")
    assert render("concise", violation, violation, sources={}, failures=(failure,)) == (
        "a.py:3:7 RMW104 [low] lost\na.py:3:7 RMW104 [low] lost\nRMW903 internal error: x\n"
    )
    assert render("concise", sources={"a.py": ""}) == ""
