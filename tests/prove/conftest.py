"""Projects that a test is written for, and the runs of what was written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import rmwlint as package

#: Where the rmwlint under test comes from: the checkout, or an environment that the wheel is installed in.
HERE = Path(package.__file__).parents[1]

Pytest = Callable[..., "dict[str, str]"]


@pytest.fixture
def run_pytest() -> Pytest:
    """Run pytest in the current folder, in a process of its own: how each test file ended, or why not."""

    def run(*arguments: str, **environment: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        done = subprocess.run(
            [sys.executable, "-B", "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *arguments],
            env={**clean, "PYTHONPATH": str(HERE), **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )
        found = {}
        for how, name, why in re.findall(
            r"^(PASSED|FAILED|ERROR) (\w+)\.py\S*(.*)$", done.stdout, re.MULTILINE
        ):
            found[name] = f"{how}{why}"
        assert found, done.stdout + done.stderr
        return found

    return run
