"""The comments that silence violations.

    order.save()  # rmwlint: ignore[RMW104, RMW202] one worker only, see docs/workers.md
    order.save()  # rmwlint: ignore
    order.save()  # noqa: RMW104, E501
    order.save()  # noqa
    # rmwlint: skip-file

A comment speaks for its whole logical line: every line of the statement (or of the header of a
compound statement) that it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_MARKERS = (b"noqa", b"NOQA", b"NoQA", b"Noqa")
_NOQA_AT_ALL = re.compile(rb"noqa", re.IGNORECASE)
#: the rest of a line that names nothing but other linters' codes
_FOREIGN = re.compile(rb"noqa[ \t]*:(?:[ \t,]*(?!RMW)[A-Z]+[0-9]+)+[ \t]*(?=[\r\n]|\Z)", re.IGNORECASE)
_AT_ALL = re.compile(r"noqa|rmwlint", re.IGNORECASE)
_ADDRESSED = re.compile(rb"noqa[^\r\n]*RMW", re.IGNORECASE)

_OWN = re.compile(r"#\s*rmwlint:\s*(?P<verb>ignore|skip-file)\b(?:\s*\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)
_NOQA = re.compile(
    r"#\s*noqa\b(?:\s*:\s*(?P<codes>[A-Z][\w-]*(?:[\s,]+[A-Z]+[0-9]+\b)*))?(?P<colon>\s*:)?", re.IGNORECASE
)


class Suppression(NamedTuple):
    """One comment. ``codes``: codes, prefixes or names; None: all. ``first``/``last``: the lines it covers.

    ``own``: it is addressed to rmwlint by name (``rmwlint: ignore``), so every code in it is ours.
    ``line``, ``column``, ``end_column`` (from 1) say where it stands; ``alone``: on no statement's line.
    """

    line: int
    column: int
    end_column: int
    first: int
    last: int
    codes: tuple[str, ...] | None
    own: bool
    alone: bool


class Suppressions(NamedTuple):
    """All of one file, in order."""

    comments: tuple[Suppression, ...]
    skip_file: bool


NONE = Suppressions((), False)


def suppressions_in(text: str) -> Suppressions:
    """Read the comments of a source text that Python can parse."""
    comments: list[Suppression] = []
    skip_file = False
    for comment in _comments(text):
        for found in _OWN.finditer(comment.text):
            if found["verb"].lower() == "skip-file":
                skip_file = True
            else:
                comments.append(_suppression(comment, found, own=True))
        comments += [
            _suppression(comment, found, own=False)
            for found in _NOQA.finditer(comment.text)
            if not found["colon"]  # codes that nobody has: not a blanket
        ]
    return Suppressions(tuple(comments), skip_file)


def may_suppress(data: bytes) -> bool:
    """Whether a file with these bytes can hold a comment that matters: a cheap look, before a close one."""
    if b"rmwlint:" in data:
        return True
    if not any(marker in data for marker in _MARKERS):
        return False
    return len(_NOQA_AT_ALL.findall(data)) > len(_FOREIGN.findall(data))


def may_address(data: bytes) -> bool:
    """… one that is addressed to rmwlint, so that it can be unused."""
    return b"rmwlint:" in data or (b"RMW" in data and _ADDRESSED.search(data) is not None)


def standing(lines: Sequence[str]) -> str:
    """The lines that can hold a comment that matters, and which lines of code they are.

    Two texts of one meaning in which these are equal silence the same.
    """
    found = []
    code = 0
    for line in lines:
        stripped = line.strip()
        if _AT_ALL.search(stripped):
            found.append(f"{code} {stripped}")
        code += stripped != "" and not stripped.startswith("#")
    return "\n".join(found)


def _suppression(comment: _Comment, found: re.Match[str], *, own: bool) -> Suppression:
    return Suppression(
        line=comment.line,
        column=comment.column + found.start() + 1,
        end_column=comment.column + found.end() + 1,
        first=comment.first,
        last=comment.last,
        codes=_codes(found["codes"]),
        own=own,
        alone=comment.alone,
    )


def _codes(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return tuple(code for code in re.split(r"[\s,]+", text) if code)


#: All that decides where a comment is and where a logical line ends; ``tokenize`` takes three times as long.
#: A string that is cut in two at a quote inside an f-string does no harm here.
_LEXEME = re.compile(
    r"""(?P<string>\"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3}|'{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{3}"""
    r"""|"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"|'[^'\\\r\n]*(?:\\.[^'\\\r\n]*)*')"""
    r"""|(?P<comment>\#[^\r\n]*)|(?P<open>[(\[{])|(?P<close>[)\]}])"""
    r"""|(?P<joined>\\(?:\r\n|\r|\n))|(?P<end>\r\n|\r|\n)""",
    re.DOTALL,
)
_NEWLINE = re.compile(r"\r\n|\r|\n")


class _Comment(NamedTuple):
    """A comment's text and place (column from 0), and the first and last line of its logical line."""

    text: str
    line: int
    column: int
    first: int
    last: int
    alone: bool


def _comments(text: str) -> Iterator[_Comment]:
    waiting: list[_Comment] = []
    line = first = 1
    line_start = depth = 0
    for lexeme in _LEXEME.finditer(text):
        kind = lexeme.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(depth - 1, 0)
        elif kind == "comment":
            start = lexeme.start()
            alone = line == first and not text[line_start:start].strip()
            waiting.append(_Comment(lexeme[0], line, start - line_start, first, line, alone))
        elif kind == "string":
            inside = list(_NEWLINE.finditer(lexeme[0]))
            if inside:
                line += len(inside)
                line_start = lexeme.start() + inside[-1].end()
        else:
            if kind == "end" and depth == 0:
                yield from (comment._replace(last=line) for comment in waiting)
                waiting.clear()
                first = line + 1
            line += 1
            line_start = lexeme.end()
    yield from (comment._replace(last=line) for comment in waiting)
