"""Packages that are there anyhow as a corpus: whatever they hold, no check fails on it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from rmwlint.config import Settings
from rmwlint.request import Request
from rmwlint.runner import run
from rmwlint.violation import Confidence

_PACKAGES = [
    "asyncio",
    "concurrent",
    "http",
    "logging",
    "multiprocessing",
    "django.contrib",
    "sqlalchemy.ext",
    "redis",
]


@pytest.mark.parametrize("package", _PACKAGES)
def test_no_check_fails_on_real_code(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations)))
    settings = Settings(
        base=folder, select=("ALL",), min_confidence=Confidence.LOW, include_tests=True, exclude=("locale/",)
    )
    result = run(Request([str(folder)], settings, use_cache=False, jobs=1))
    assert [(failure.path, failure.function, failure.message) for failure in result.failures] == []
    assert result.files >= 3
