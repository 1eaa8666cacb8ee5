"""Text to tree, or the reason why not.

What a file does wrong is told apart from what this interpreter is too old for: syntax that a later
Python brought is named with the version that reads it.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from typing import NamedTuple

from rmwlint.source.text import Undecodable, decode, split_lines


class NewSyntax(NamedTuple):
    """Syntax that came with a Python version; ``pattern`` is looked for on the line of the error."""

    version: tuple[int, int]
    what: str
    pattern: re.Pattern[str]


NEW_SYNTAX = (
    NewSyntax(
        (3, 14),
        "`except` with several types and no parentheses",
        re.compile(r"^\s*except\*?\s+[\w.]+\s*,\s*[A-Z][\w.]*\s*(,\s*[\w.]+\s*)*:"),
    ),
    NewSyntax((3, 14), "a template string", re.compile(r"""(?<![\w"'])(?:[tT][rR]?|[rR][tT])(?:"|')""")),
    NewSyntax(
        (3, 13),
        "a default for a type parameter",
        re.compile(r"^\s*(?:def|class|async\s+def|type)\s+\w+\s*\[[^\]]*="),
    ),
    NewSyntax((3, 12), "a list of type parameters", re.compile(r"^\s*(?:def|class|async\s+def)\s+\w+\s*\[")),
    NewSyntax((3, 12), "a `type` statement", re.compile(r"^\s*type\s+\w+\s*(?:\[.*\])?\s*=")),
    NewSyntax(
        (3, 12),
        "an f-string that reuses its quotes, or holds a backslash or comment",
        re.compile(r"""(?<![\w"'])(?:[fF][rR]?|[rR][fF])(?:"|')"""),
    ),
    NewSyntax((3, 11), "`except*`", re.compile(r"^\s*except\s*\*")),
    NewSyntax((3, 11), "unpacking in an index", re.compile(r"\[[^\]]*\*\w")),
)

_PYTHON_2 = re.compile(
    r"""^\s*(?:print\s+[\w"'%]|exec\s+["'\w]|raise\s+[\w.]+\s*,|except\s+[\w.]+\s*,\s*\w+\s*:)|\b0[0-7]+\b|\d[lL]\b|<>"""
)


class Unparsable(Exception):
    """Its text says what is wrong; ``line`` and ``column`` (both from 1) where, ``remedy`` what to do."""

    def __init__(self, reason: str, line: int = 1, column: int = 1, remedy: str = "") -> None:
        super().__init__(reason)
        self.line = line
        self.column = column
        self.remedy = remedy


def parse(data: bytes, *, target: tuple[int, int] | None = None) -> ast.Module:
    """The tree of a source file.

    ``target`` is the Python version that the project asks for, where it is known; it only makes the
    reason more precise. Raises Unparsable, whatever the bytes are.
    """
    try:
        text = decode(data)
    except Undecodable as error:
        raise Unparsable(str(error), error.line) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise _explain(error, text, target) from None
    except ValueError as error:
        raise Unparsable(f"Python cannot read it: {error}") from None
    except (RecursionError, MemoryError):
        raise Unparsable(
            "its expressions are nested too deeply for Python's parser",
            remedy="leave the file out with `exclude` if it is generated",
        ) from None


def _explain(error: SyntaxError, text: str, target: tuple[int, int] | None) -> Unparsable:
    line = max(error.lineno or 1, 1)
    lines = split_lines(text)
    wrong = lines[line - 1] if line <= len(lines) else ""
    reason = f"invalid syntax: {error.msg}" if error.msg != "invalid syntax" else "invalid syntax"
    column = max(error.offset or 1, 1)
    return Unparsable(reason, line, column, version_hint(wrong, sys.version_info[:2], target))


def version_hint(line: str, running: tuple[int, int], target: tuple[int, int] | None) -> str:
    """Which Python would read a line that ``running`` cannot; empty where none is known to."""
    for syntax in NEW_SYNTAX:
        if syntax.version > running and syntax.pattern.search(line):
            return (
                f"if this is {syntax.what}, it is syntax of Python {_dotted(syntax.version)}, "
                f"newer than the {_dotted(running)} that runs rmwlint: run rmwlint with "
                f"Python {_dotted(syntax.version)} or newer"
            )
    if target is not None and target > running:
        return (
            f"the project asks for Python {_dotted(target)}, newer than the {_dotted(running)} that runs "
            f"rmwlint: run rmwlint with Python {_dotted(target)}"
        )
    if _PYTHON_2.search(line):
        return "this looks like Python 2, which rmwlint does not read"
    return ""


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
