"""A text in, the mended text out, as the command line would write it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from rmwlint.config import Settings
from rmwlint.fix.callers import _callers
from rmwlint.fix.project import _mentioned
from rmwlint.fix.run import Outcome, fix
from rmwlint.request import Request
from rmwlint.source.project import project_root
from rmwlint.violation import Confidence


class Rewritten(NamedTuple):
    """The file's new text, and what the run says of it."""

    text: str
    outcome: Outcome

    @property
    def applicabilities(self) -> list[str]:
        """What the changes promise, in order."""
        return [one.change.applicability.value for file in self.outcome.fixed for one in file.mended]

    @property
    def reasons(self) -> list[str]:
        """Why the rest stays."""
        return [one.reason for one in self.outcome.left]


Rewriter = Callable[..., Rewritten]


@pytest.fixture
def rewritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rewriter:
    """Fix one file, unsafe fixes too unless told otherwise; a second run must change nothing."""
    monkeypatch.chdir(tmp_path)
    project_root.cache_clear()

    def call(
        code: str,
        *,
        safe_only: bool = False,
        select: tuple[str, ...] | None = None,
        only: str = "",
        sure: Confidence = Confidence.MEDIUM,
    ) -> Rewritten:
        _mentioned.cache_clear()
        _callers.cache_clear()
        path = tmp_path / "case.py"
        path.write_bytes(textwrap.dedent(code).lstrip("\n").encode())
        settings = Settings(base=tmp_path, select=select, cache_dir=tmp_path / "cache", min_confidence=sure)
        request = Request(paths=["case.py"], settings=settings, jobs=1)
        outcome = fix(request, unsafe=not safe_only, write=True, only=only)
        text = path.read_bytes().decode()
        again = fix(request, unsafe=not safe_only, write=True, only=only)
        assert again.mended == 0
        assert path.read_bytes().decode() == text
        return Rewritten(text, outcome)

    return call


Same = Callable[..., Rewritten]


@pytest.fixture
def assert_fixed(rewritten: Rewriter) -> Callable[..., Rewritten]:
    """Assert that ``before`` becomes ``after``."""

    def check(before: str, after: str, **options: object) -> Rewritten:
        found = rewritten(before, **options)
        assert found.text == textwrap.dedent(after).lstrip("\n")
        return found

    return check


@pytest.fixture
def assert_left(rewritten: Rewriter) -> Callable[..., Rewritten]:
    """Assert that a text stays as it is although there is a violation, and (a part of) the reason why."""

    def check(code: str, reason: str = "", **options: object) -> Rewritten:
        found = rewritten(code, **options)
        assert found.text == textwrap.dedent(code).lstrip("\n")
        assert found.outcome.left, "no violation was found"
        assert reason in " ".join(found.reasons)
        return found

    return check
