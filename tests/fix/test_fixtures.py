"""Each ``.fixed.py`` beside a fixture is what ``fix --unsafe-fixes`` makes of it, its marks left out.

``RMWLINT_WRITE_FIXED=1 pytest tests/fix/test_fixtures.py`` writes them again after a fixture has changed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from rmwlint.config import Settings
from rmwlint.fix.run import fix
from rmwlint.request import Request
from rmwlint.source.project import project_root

FIXTURES = Path(__file__).parents[2] / "fixtures"
FIXED = sorted(FIXTURES.rglob("*.fixed.py"))
_MARK = re.compile(r"[ \t]*# (?:todo: )?RMW\d{3}\b.*")


def unmarked(path: Path) -> str:
    return _MARK.sub("", path.read_text("utf-8"))


def test_there_are_some() -> None:
    assert FIXED


@pytest.mark.parametrize("fixed", FIXED, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_fixed(fixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fixed.with_name(fixed.name.replace(".fixed.py", ".py"))
    monkeypatch.chdir(tmp_path)
    project_root.cache_clear()
    target = tmp_path / before.name
    target.write_text(unmarked(before), "utf-8")
    settings = Settings(base=tmp_path, cache_dir=tmp_path / "cache")
    fix(Request([before.name], settings, jobs=1), unsafe=True, write=True)
    if os.environ.get("RMWLINT_WRITE_FIXED"):
        fixed.write_text(target.read_text("utf-8"), "utf-8")
    assert target.read_text("utf-8") == fixed.read_text("utf-8")
