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

import io
import re
import tokenize
from typing import NamedTuple

from rmwlint.source.text import split_lines

#: Only a file whose bytes have a match can hold a comment that matters.
MARKER = re.compile(rb"rmwlint:|noqa", re.IGNORECASE)

#: … and only one that has this can hold a comment that is addressed to rmwlint alone.
ADDRESSED = re.compile(rb"rmwlint:|noqa[^\r\n]*RMW", re.IGNORECASE)

_OWN = re.compile(r"#\s*rmwlint:\s*(?P<verb>ignore|skip-file)\b(?:\s*\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)
_NOQA = re.compile(
    r"#\s*noqa\b(?:\s*:\s*(?P<codes>[A-Z][\w-]*(?:[\s,]+[A-Z]+[0-9]+\b)*))?(?P<colon>\s*:)?", re.IGNORECASE
)


class Suppression(NamedTuple):
    """One comment. ``codes``: codes, prefixes or names, None for all. ``first``/``last``: the lines it covers.

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
    for comment, line, column, first, last, alone in _comments(text):
        for found in _OWN.finditer(comment):
            if found["verb"].lower() == "skip-file":
                skip_file = True
                continue
            start = column + found.start()
            comments.append(
                Suppression(line, start + 1, column + found.end() + 1, first, last, _codes(found["codes"]), True, alone)
            )
        for found in _NOQA.finditer(comment):
            if found["colon"]:
                continue  # codes that are nobody's: not a blanket
            start = column + found.start()
            comments.append(
                Suppression(line, start + 1, column + found.end() + 1, first, last, _codes(found["codes"]), False, alone)
            )
    return Suppressions(tuple(comments), skip_file)


def _codes(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return tuple(code for code in re.split(r"[\s,]+", text) if code)


_Comment = tuple[str, int, int, int, int, bool]


def _comments(text: str) -> list[_Comment]:
    """Each comment: text, line, column from 0, first and last line of its logical line, whether alone."""
    found: list[_Comment] = []
    waiting: list[tuple[str, int, int]] = []
    first: int | None = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            kind = token.type
            if kind == tokenize.COMMENT:
                waiting.append((token.string, token.start[0], token.start[1]))
            elif kind == tokenize.NEWLINE:
                start = token.start[0] if first is None else first
                found += [(c, line, column, start, token.start[0], False) for c, line, column in waiting if line >= start]
                found += [(c, line, column, line, line, True) for c, line, column in waiting if line < start]
                waiting, first = [], None
            elif first is None and kind not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
                first = token.start[0]
    except (tokenize.TokenError, SyntaxError):
        # what ast accepts the pure Python tokenizer of older versions sometimes does not
        return [
            (line[at:], number, at, number, number, not line[:at].strip())
            for number, line in enumerate(split_lines(text), 1)
            if (at := line.find("#")) >= 0
        ]
    found += [(c, line, column, line, line, True) for c, line, column in waiting]
    return sorted(found, key=lambda comment: comment[1:3])
