from __future__ import annotations

from pathlib import Path

import pytest

from rmwlint.report.fingerprint import fingerprints
from rmwlint.source.project import project_root
from rmwlint.violation import Confidence, Span, Violation


def violation(line: int, **changes: str) -> Violation:
    made = Violation("RMW104", "x", "m", "a.py", Span(line, 1, line, 2), "f", Confidence.HIGH, "x.y")
    return made._replace(**changes)  # type: ignore[arg-type]


def marks(source: str, *violations: Violation) -> list[str]:
    return fingerprints(violations, lambda _: source.split("\n"))


def test_lines_and_blanks_may_move() -> None:
    assert marks("a\nx.save()", violation(2)) == marks("\n\n\nb\n    x.save()  ", violation(5))


def test_messages_may_be_worded_anew() -> None:
    assert marks("x", violation(1)) == marks("x", violation(1, message="other words", name="renamed"))


@pytest.mark.parametrize(
    "change", [{"code": "RMW105"}, {"path": "b.py"}, {"function": "g"}, {"place": "x.z"}]
)
def test_what_makes_another(change: dict[str, str]) -> None:
    assert marks("x", violation(1)) != marks("x", violation(1, **change))


def test_the_text_of_the_line_counts() -> None:
    assert marks("x.save()", violation(1)) != marks("x.save(force=True)", violation(1))


def test_equal_ones_are_told_apart_by_their_order() -> None:
    one, two = marks("x\nx\nother", violation(1), violation(2))
    assert one != two
    assert marks("x", violation(1)) == [one]


def test_a_line_that_is_not_there() -> None:
    assert len(marks("x", violation(7))[0]) == 24


def test_it_does_not_depend_on_where_rmwlint_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pyproject.toml").touch()
    project_root.cache_clear()
    seen = set()
    for folder, path in (
        (tmp_path, "pkg/a.py"),
        (tmp_path / "pkg", "a.py"),
        (Path("/"), f"{tmp_path}/pkg/a.py"),
    ):
        monkeypatch.chdir(folder)
        seen.add(marks("x", violation(1, path=path))[0])
    assert len(seen) == 1
