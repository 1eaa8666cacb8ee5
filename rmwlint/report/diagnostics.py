"""What an editor shows, in the words of the Language Server Protocol."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lsprotocol import types

from rmwlint.codes import all_codes
from rmwlint.own import UNUSED_SUPPRESSION
from rmwlint.report import told
from rmwlint.report.explained import explained
from rmwlint.report.result import Result
from rmwlint.violation import Applicability, Confidence, Fix, Span, Violation

_SEVERITIES = {
    Confidence.HIGH: types.DiagnosticSeverity.Error,
    Confidence.MEDIUM: types.DiagnosticSeverity.Warning,
    Confidence.LOW: types.DiagnosticSeverity.Information,
}
_MARKUP = re.compile(r"([\\|*_<>\[\]#])")
_CODE = re.compile(r"(`[^`]+`)")


class Shown:
    """The violations of one file as an editor has them. ``version`` is that of the text they are about.

    ``encoding`` is what the editor counts in: UTF-8, UTF-16 or UTF-32. ``uri_of`` makes
    the address of a path.
    """

    def __init__(
        self, result: Result, version: int | None, encoding: str, uri_of: Callable[[str], str]
    ) -> None:
        self.version = version
        self.violations = result.violations
        self._encoding = encoding
        self._uri_of = uri_of
        lines = {path: result.lines(path) for path in _paths(result.violations)}
        self._lines = lines
        self.diagnostics = [self._diagnostic(violation) for violation in result.violations]

    def hover(self, position: types.Position, path: str) -> types.Hover | None:
        """The story of the violations that have to do with a position of the file."""
        texts, ranges = [], []
        for violation in self.violations:
            spans = [violation.span, *(step.span for step in violation.steps if step.path == path)]
            here = [found for found in (self.range(path, span) for span in spans) if _holds(found, position)]
            if here:
                texts.append(markdown(violation))
                ranges += here
        if not texts:
            return None
        value = "\n\n---\n\n".join(texts)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, value), min(ranges, key=_size))

    def touched(self, asked: types.Range) -> list[Violation]:
        """The violations whose own place has to do with a range."""
        return [
            violation
            for violation, diagnostic in zip(self.violations, self.diagnostics)
            if _order(diagnostic.range.start) <= _order(asked.end)
            and _order(asked.start) <= _order(diagnostic.range.end)
        ]

    def fix(self, violation: Violation, fix: Fix) -> types.CodeAction:
        """The fix of a violation as something to do in the editor."""
        changes: dict[str, list[types.TextEdit]] = {}
        for edit in fix.edits:
            made = types.TextEdit(self.range(edit.path, edit.span), edit.text)
            changes.setdefault(self._uri_of(edit.path), []).append(made)
        safe = fix.applicability is Applicability.SAFE
        return types.CodeAction(
            title=f"{violation.code}: {told.encodable(fix.message)}{'' if safe else ' (have a look at it)'}",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[self._of(violation)],
            is_preferred=safe,
            edit=types.WorkspaceEdit(changes=changes),
        )

    def silencing(self, violation: Violation) -> types.CodeAction | None:
        """A comment that silences a violation; None where the line has no room for one."""
        number = violation.span.end_line
        lines = self._lines.get(violation.path, [])
        if not 0 < number <= len(lines) or lines[number - 1].endswith("\\"):
            return None
        line = lines[number - 1]
        at = self.range(violation.path, Span(number, len(line) + 1, number, len(line) + 1))
        comment = f"  # rmwlint: ignore[{violation.code}]"
        edit = types.TextEdit(at, comment)
        return types.CodeAction(
            title=f"{violation.code}: silence it on this line",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[self._of(violation)],
            edit=types.WorkspaceEdit(changes={self._uri_of(violation.path): [edit]}),
        )

    def range(self, path: str, span: Span) -> types.Range:
        """A stretch of a file as the editor counts."""
        lines = self._lines.get(path) or []
        start, end = (
            self._position(lines, line, column)
            for line, column in ((span.line, span.column), (span.end_line, span.end_column))
        )
        return types.Range(start, end)

    def _position(self, lines: Sequence[str], line: int, column: int) -> types.Position:
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        return types.Position(max(line - 1, 0), _units(text[: max(column - 1, 0)], self._encoding))

    def _of(self, violation: Violation) -> types.Diagnostic:
        return self.diagnostics[self.violations.index(violation)]

    def _diagnostic(self, violation: Violation) -> types.Diagnostic:
        related = [
            types.DiagnosticRelatedInformation(
                types.Location(self._uri_of(step.path), self.range(step.path, step.span)),
                told.encodable(step.message or step.role),
            )
            for step in violation.steps
        ]
        remedy = told.remedy(violation)
        return types.Diagnostic(
            range=self.range(violation.path, violation.span),
            severity=_SEVERITIES[violation.confidence],
            code=violation.code,
            source="rmwlint",
            message=told.encodable(f"{violation.message}\n{remedy}".rstrip()),
            tags=[types.DiagnosticTag.Unnecessary] if violation.code == UNUSED_SUPPRESSION.code else None,
            related_information=related or None,
        )


def markdown(violation: Violation) -> str:
    """A violation told in Markdown: message, interleaving as a table, remedy, what its check is about."""
    parts = [f"**{violation.code}** {_prose(violation.message)}"]
    if violation.interleaving:
        rows = ["| A | B |", "|---|---|"]
        for actor, text in violation.interleaving:
            deed, *outcome = told.said(text)
            cell = _prose(deed) + "".join(f" **{_prose(part)}**" for part in outcome)
            rows.append(f"| {cell} | |" if actor == "A" else f"| | {cell} |")
        parts.append("\n".join(rows))
    parts.append(_prose(told.remedy(violation)))
    described = all_codes().get(violation.code)
    if described is not None:
        about = explained(described.doc)
        parts.append(f"{about.title} {about.prose}".strip())
    return "\n\n".join(part for part in parts if part)


def _prose(text: str) -> str:
    """Text with its markup taken for what it is; code between backticks stays code, in a table too."""
    pieces = _CODE.split(" ".join(told.encodable(text).split()))
    return "".join(
        piece.replace("|", "\\|") if piece.startswith("`") else _MARKUP.sub(r"\\\1", piece)
        for piece in pieces
    )


def file_uri(path: str) -> str:
    """The address of a path."""
    return Path(os.path.abspath(path)).as_uri()


def _units(text: str, encoding: str) -> int:
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    wide = 0 if encoding == types.PositionEncodingKind.Utf32 else sum(char > "\uffff" for char in text)
    return len(text) + wide


def _paths(violations: Iterable[Violation]) -> Iterable[str]:
    paths: dict[str, None] = {}
    for violation in violations:
        paths[violation.path] = None
        paths |= {step.path: None for step in violation.steps}
    return paths


def _order(position: types.Position) -> tuple[int, int]:
    return position.line, position.character


def _holds(found: types.Range, position: types.Position) -> bool:
    return _order(found.start) <= _order(position) <= _order(found.end)


def _size(found: types.Range) -> tuple[int, int]:
    return found.end.line - found.start.line, found.end.character - found.start.character
