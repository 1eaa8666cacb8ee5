"""Functions that are not interpreted are functions that nothing would have been said about."""

from __future__ import annotations

import pytest

from rmwlint.check import registry
from rmwlint.violation import Confidence
from rmwlint.windows.concurrency import quiet
from rmwlint.windows.creations import creation
from tests.checks.running import examples, of_text, violations
from tests.checks.test_fixtures import FIXTURES, files_of, situations

FOLDERS = sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir())


@pytest.fixture
def everything_is_interpreted(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Let no function be quiet; the list grows with each function that would have been asked about."""
    asked: list[object] = []

    def speaks(anchors: object) -> bool:
        asked.append(anchors)
        return True

    monkeypatch.setattr(quiet._Anchors, "any", speaks)
    monkeypatch.setattr(creation, "_may_create", lambda fn: True)
    return asked


@pytest.mark.parametrize("folder", FOLDERS)
def test_fixtures(
    folder: str, everything_is_interpreted: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = [files_of(situation) for situation in situations(FIXTURES / folder)]
    in_full = [violations(paths) for paths in programs]
    assert everything_is_interpreted or not any(programs)
    monkeypatch.undo()
    assert [violations(paths) for paths in programs] == in_full


@pytest.mark.parametrize("code", sorted(registry()))
def test_examples(
    code: str, everything_is_interpreted: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    doc = registry()[code].doc
    programs = examples(doc, "Bad") + examples(doc, "Good")
    in_full = [of_text(text) for text in programs]
    assert everything_is_interpreted
    monkeypatch.undo()
    assert [of_text(text) for text in programs] == in_full


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_likely_is_found_without_a_look_at_the_rest(folder: str) -> None:
    for situation in situations(FIXTURES / folder):
        paths = files_of(situation)
        likely = [found for found in violations(paths) if found.confidence > Confidence.LOW]
        found = violations(paths, unlikely=False)
        assert [one for one in found if one.confidence > Confidence.LOW] == likely
