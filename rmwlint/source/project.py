"""Where a project begins."""

from __future__ import annotations

import os
from functools import cache

#: Where a project keeps what rmwlint has learnt about it.
CACHE_FOLDER = ".rmwlint_cache"

#: What stands in the root of a project.
MARKS = ("pyproject.toml", "setup.cfg", "setup.py", ".git", "rmwlint.toml")


@cache
def project_root(folder: str) -> str | None:
    """The nearest folder at or above ``folder`` (absolute) that looks like a project's; None without one."""
    while True:
        if any(os.path.exists(os.path.join(folder, mark)) for mark in MARKS):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
