"""What the comments of a fixture expect.

======================== ======================================================================
``# RMW104``             a violation of RMW104 has its primary location on this line, shown by default
``# RMW104 low``         likewise, with whatever confidence
``# RMW104, RMW202``     both
``# todo: RMW104 why``   a known miss: nothing is said yet, and once it is, the mark is to be promoted
``# only``               (alone on a line) every code is marked, not just those of the folder's check
======================== ======================================================================
"""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path
from typing import NamedTuple

_CODES = r"RMW\d{3}( low)?(, ?RMW\d{3}( low)?)*"
_MARK = re.compile(rf"# (?P<codes>{_CODES})")
_TODO = re.compile(rf"# todo: (?P<codes>{_CODES})( \S.*)?")
_SUPPRESSION = re.compile(r"# (noqa:|rmwlint:)")


class Mark(NamedTuple):
    """One code expected on one line. ``low``: with whatever confidence; ``todo``: not yet."""

    path: str
    line: int
    code: str
    low: bool
    todo: bool


class Marks(NamedTuple):
    """The marks of a file; ``only``: whether they are all that may be said."""

    marks: tuple[Mark, ...]
    only: bool


def marks_of(path: Path) -> Marks:
    """The marks of one file. Raises ValueError where a comment looks like a mark and is none."""
    found: list[Mark] = []
    only = False
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type != tokenize.COMMENT:
            continue
        text, line = token.string, token.start[0]
        if text == "# only" and not token.line[: token.start[1]].strip():
            only = True
        elif "RMW" in text and not _SUPPRESSION.match(text):
            match, todo = _MARK.fullmatch(text), _TODO.fullmatch(text)
            if match is None and todo is None:
                raise ValueError(f"{path}:{line}: `{text}` is no mark")
            written = (match or todo)["codes"]  # type: ignore[index]
            for code in written.split(","):
                name, _, low = code.strip().partition(" ")
                found.append(Mark(str(path), line, name, low == "low", match is None))
    return Marks(tuple(found), only)
