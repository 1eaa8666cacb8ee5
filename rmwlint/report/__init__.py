"""One module an output format.

A format is a module with ``write(result, out, *, colour)``; it is imported only when it is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol, TextIO, cast

if TYPE_CHECKING:
    from rmwlint.report.result import Result

#: Name on the command line → module in this folder.
FORMATS = {
    "full": "full",
    "concise": "concise",
    "json": "as_json",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "html": "as_html",
}

#: Those that a program reads: nothing else may be written where they are.
DOCUMENTS = frozenset(FORMATS) - {"full", "concise", "github"}


class Format(Protocol):
    """An output format."""

    def write(self, result: Result, out: TextIO, *, colour: bool) -> None:
        """Write the result; ``colour`` says whether ``out`` shows colours."""


def format_named(name: str) -> Format:
    """The format of this name. Raises KeyError where there is none."""
    return cast(Format, importlib.import_module(f"{__name__}.{FORMATS[name]}"))
