"""Each fixture: what its marks expect is said, and nothing else by the folder's check."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmwlint.check import Check, registry
from rmwlint.violation import Confidence, Violation
from tests.checks.marks import Mark, Marks, marks_of
from tests.checks.running import violations

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
BY_FOLDER = {check.name.replace("-", "_"): check for check in registry().values()}


def situations(folder: Path) -> Iterator[Path]:
    """The fixtures in a check's folder: files, and folders that are run as a whole."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__pycache__")) or path.name.endswith(".fixed.py"):
            continue
        if path.is_dir() or path.suffix == ".py":
            yield path


def files_of(situation: Path) -> list[Path]:
    """The modules of one fixture."""
    found = sorted(situation.rglob("*.py")) if situation.is_dir() else [situation]
    found = [path for path in found if not path.name.endswith(".fixed.py")]
    return [Path(os.path.relpath(path)) for path in found]


SITUATIONS = [
    pytest.param(check, situation, id=f"{name}/{situation.name}")
    for name, check in sorted(BY_FOLDER.items())
    if (FIXTURES / name).is_dir()
    for situation in situations(FIXTURES / name)
]


@pytest.mark.parametrize(("check", "situation"), SITUATIONS)
def test_fixture(check: Check, situation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    files = files_of(situation)
    expected = {str(path): marks_of(path) for path in files}
    wrong = list(_differences(check, expected, violations(files)))
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def _differences(check: Check, expected: dict[str, Marks], found: list[Violation]) -> Iterator[str]:
    said = {(v.path, v.line, v.code): v for v in sorted(found, key=lambda v: v.confidence)}
    marked = {(mark.path, mark.line, mark.code) for marks in expected.values() for mark in marks.marks}
    for marks in expected.values():
        for mark in marks.marks:
            violation = said.get((mark.path, mark.line, mark.code))
            shown = violation is not None and (mark.low or violation.confidence >= Confidence.MEDIUM)
            if mark.todo and shown:
                yield _told(mark, f"says {mark.code} now: write `# {mark.code}` instead of the todo")
            elif not mark.todo and not shown:
                why = "is silent" if violation is None else "says it with low confidence only"
                yield _told(mark, f"should say {mark.code}, but {why}")
    for key, violation in said.items():
        if key in marked or violation.confidence < Confidence.MEDIUM:
            continue
        path, line, code = key
        if code == check.code or (path in expected and expected[path].only):
            at = Mark(path, line, code, low=False, todo=False)
            yield _told(at, f"says {code} ({violation.confidence.name.lower()}): {violation.message}")


def _told(mark: Mark, text: str) -> str:
    source = Path(mark.path).read_text("utf-8").splitlines()[mark.line - 1]
    return f"{mark.path}:{mark.line}: {text}\n    {source.strip()}"
