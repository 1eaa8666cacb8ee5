"""For people: the code with read and write underlined, the interleaving in two columns, the remedy."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TextIO

from rmwlint.report.frame import Mark, lines_shown, marks_of
from rmwlint.report.result import Result
from rmwlint.violation import Failure, Violation

#: Text and the style it has on a terminal.
Piece = tuple[str, str]

#: Writes one line.
Emit = Callable[[list[Piece]], None]

_WIDEST = 140
_COLUMN = 29
_ROLE_STYLES = {"read": "yellow", "write": "red", "hazard": "magenta", "lock": "green", "guard": "green"}


class _Glyphs(NamedTuple):
    bar: str
    line: str
    more: str


_UNICODE = _Glyphs("│", "─", "…")
_ASCII = _Glyphs("|", "-", "...")


def write(result: Result, out: TextIO, *, colour: bool) -> None:
    """Write every violation with an empty line after it, then what was counted."""
    glyphs = _glyphs(out)
    emit = _coloured(out) if colour else _plain(out)
    for violation in result.violations:
        for line in _violation(violation, result, glyphs):
            emit(line)
        emit([])
    for failure in result.failures:
        for line in _failure(failure):
            emit(line)
        emit([])
    if result.files:
        emit([(_summary(result), "bold")])


def _violation(violation: Violation, result: Result, glyphs: _Glyphs) -> Iterator[list[Piece]]:
    span = violation.span
    head: list[Piece] = [
        (f"{violation.path}:{span.line}:{span.column} ", "bold"),
        (violation.code, "bold red"),
        (f" {violation.message}", ""),
    ]
    if violation.confidence.label != "high":
        head.append((f" [{violation.confidence.label} confidence]", "dim"))
    yield head
    marked = marks_of(violation)
    margin = max(2, *(len(str(mark.span.line)) for marks in marked.values() for mark in marks))
    for path, marks in marked.items():
        source = result.lines(path)
        if not source:
            continue
        if path != violation.path:
            yield [(f"   {' ' * margin} in {path}", "dim")]
        yield from _frame(source, marks, margin, glyphs)
    if violation.interleaving:
        yield []
        yield from _interleaving(violation.interleaving)
    if violation.fix is not None or violation.remedy:
        yield []
    if violation.fix is not None:
        yield [
            ("   = ", "dim"),
            (f"fix ({violation.fix.applicability.value}): ", "bold green"),
            (violation.fix.message, ""),
        ]
    elif violation.remedy:
        yield [("   = ", "dim"), ("remedy: ", "bold"), (violation.remedy, "")]


def _frame(source: list[str], marks: list[Mark], margin: int, glyphs: _Glyphs) -> Iterator[list[Piece]]:
    """The marked lines, those between two near ones, and under each what is said about it."""
    for number in lines_shown(marks, len(source)):
        if not number:
            yield [(f"   {' ' * margin} {glyphs.more}", "dim")]
            continue
        here = [mark for mark in marks if mark.span.line == number]
        start = _clip_start(source[number - 1], here[0].span.column - 1) if here else 0
        yield [_gutter(str(number), margin, glyphs), (_clipped(source[number - 1], start, glyphs), "")]
        for mark in here:
            yield [_gutter("", margin, glyphs), *_underline(source[number - 1], mark, start, glyphs)]


def _gutter(number: str, margin: int, glyphs: _Glyphs) -> Piece:
    return (f"   {number:>{margin}} {glyphs.bar} ", "dim")


def _clip_start(line: str, column: int) -> int:
    """Where to begin to show a line, so that ``column`` can be seen even in a very long one."""
    return 0 if len(line) <= _WIDEST or column < _WIDEST // 2 else column - _WIDEST // 4


def _clipped(line: str, start: int, glyphs: _Glyphs) -> str:
    text = line[start : start + _WIDEST]
    if start:
        text = glyphs.more + text[len(glyphs.more) :]
    return _visible(text) + (glyphs.more if start + _WIDEST < len(line) else "")


def _underline(line: str, mark: Mark, start: int, glyphs: _Glyphs) -> list[Piece]:
    span = mark.span
    stop = span.end_column - 1 if span.end_line == span.line else len(line)
    stop = min(stop, start + _WIDEST, len(line))
    first = min(max(span.column - 1, start), len(line))
    style = _ROLE_STYLES.get(mark.role, "cyan")
    indent = _width(_visible(line[start:first]))
    under = glyphs.line * max(_width(_visible(line[first:stop])), 1)
    return [(" " * indent, ""), (under, style), (f" {mark.text}" if mark.text else "", style)]


def _visible(text: str) -> str:
    """Tabs as four blanks, other control characters as one: what is printed is as wide as it is counted."""
    return "".join(
        "    " if char == "\t" else " " if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") else char
        for char in text
    )


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _interleaving(rows: Iterable[tuple[str, str]]) -> Iterator[list[Piece]]:
    indent = " " * 6
    yield [(f"{indent}{'A':{_COLUMN}}B", "bold")]
    for actor, text in rows:
        yield [(indent + (text if actor == "A" else " " * _COLUMN + text), "")]


def _failure(failure: Failure) -> Iterator[list[Piece]]:
    where = ":".join(part for part in (failure.path, failure.function) if part)
    yield [(f"{where} " if where else "", "bold"), ("RMW903", "bold red"), (f" {failure.message}", "")]
    for line in failure.traceback.rstrip().splitlines():
        yield [(f"   {line}", "dim")]


def _summary(result: Result) -> str:
    found = len(result.violations)
    said = f"{_count(found, 'violation')} in {_count(result.files, 'file')}"
    if result.suppressed:
        said += f", {result.suppressed} suppressed"
    if result.accepted:
        said += f", {result.accepted} accepted by the baseline"
    if result.failures:
        said += f", {_count(len(result.failures), 'internal error')}"
    return said + "."


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _glyphs(out: TextIO) -> _Glyphs:
    """Lines where the output's encoding has them, else what every encoding has."""
    try:
        "".join(_UNICODE).encode(out.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return _ASCII
    return _UNICODE


def _plain(out: TextIO) -> Emit:
    def emit(pieces: list[Piece]) -> None:
        out.write("".join(text for text, _ in pieces).rstrip() + "\n")

    return emit


def _coloured(out: TextIO) -> Emit:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=out, force_terminal=True, highlight=False, soft_wrap=True, emoji=False)

    def emit(pieces: list[Piece]) -> None:
        console.print(Text.assemble(*pieces), soft_wrap=True)

    return emit
