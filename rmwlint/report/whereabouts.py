"""Where a file lies, as programs outside want to be told.

A path in a violation is relative to where rmwlint runs; what reads a report (a code host, a viewer) knows
only the repository.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path


def in_repository(path: str) -> str:
    """The path from the root of its git repository, with ``/``; without one, from the current folder.

    A file outside of both keeps its absolute path.
    """
    whole = os.path.abspath(path)
    root = _repository(os.path.dirname(whole)) or os.getcwd()
    inside = os.path.relpath(whole, root) if whole.startswith(os.path.join(root, "")) else whole
    return inside.replace(os.sep, "/")


def uri(path: str) -> str:
    """The same as a URI reference: relative where :func:`in_repository` is, else ``file:///…``."""
    from urllib.parse import quote

    inside = in_repository(path)
    return Path(inside).as_uri() if os.path.isabs(inside) else quote(os.fsencode(inside))


@cache
def _repository(folder: str) -> str | None:
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
