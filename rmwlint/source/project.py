"""Where a project begins."""

from __future__ import annotations

import os
from functools import cache

#: Where a project keeps what rmwlint has learnt about it.
CACHE_FOLDER = ".rmwlint_cache"

#: What stands in the root of a project.
MARKS = ("pyproject.toml", "setup.cfg", "setup.py", ".git", "rmwlint.toml")

#: Of these, what is also the name of a module in a package.
_MODULES = ("setup.py",)
_PACKAGE = "__init__.py"

#: The files by which it is told whether a folder is a root.
TELLING = (*MARKS, _PACKAGE)


@cache
def project_root(folder: str) -> str | None:
    """The nearest folder at or above ``folder`` (absolute) that looks like a project's; None without one."""
    while True:
        if _is_root(folder):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _is_root(folder: str) -> bool:
    marks = [mark for mark in MARKS if os.path.exists(os.path.join(folder, mark))]
    if all(mark in _MODULES for mark in marks):
        return bool(marks) and not os.path.exists(os.path.join(folder, _PACKAGE))
    return True
