"""What a rewrite may ask of the project as a whole."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from rmwlint.errors import UsageError
from rmwlint.source.files import find
from rmwlint.source.project import project_root


def mentioned(token: str, near: str) -> str:
    """The first file of the project around ``near`` that contains the token; empty where none does."""
    root = project_root(os.path.dirname(os.path.abspath(near)))
    return _mentioned(token.encode(), root or os.path.dirname(os.path.abspath(near)))


@lru_cache(maxsize=64)
def _mentioned(token: bytes, root: str) -> str:
    try:
        paths = find([root])
    except UsageError:
        return ""
    for path in paths:
        try:
            if token in Path(path).read_bytes():
                return str(path)
        except OSError:
            continue
    return ""
