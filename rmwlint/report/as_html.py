"""One page for people who did not run rmwlint themselves: it needs no network and no server.

Built from strings: there is one page, whose shape does not vary, and escaping is all that a template engine
would add. Everything is there without the script, which only filters, groups and moves. The output is ASCII,
the rest as references, so it is right in whatever encoding the stream has.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from rmwlint import __version__
from rmwlint.codes import Described, all_codes
from rmwlint.report import told
from rmwlint.report.explained import explained
from rmwlint.report.frame import Mark, lines_shown, marks_of
from rmwlint.report.result import Result
from rmwlint.report.whereabouts import in_repository
from rmwlint.violation import Confidence, Edit, Failure, Fix, Violation

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_CODE = re.compile("`([^`]+)`")
_WIDEST = 400

#: Where a long name may be cut in a narrow lane.
_BREAK = re.compile(r"(?<=\w[._])(?=\w)")


def write(result: Result, out: TextIO, *, colour: bool) -> None:
    """Write the whole page."""
    del colour
    for piece in _page(result):
        out.write(piece.encode("ascii", "xmlcharrefreplace").decode("ascii"))
        out.write("\n")


def _page(result: Result) -> Iterator[str]:
    style, script = (Path(__file__).with_name(f"page.{kind}").read_text("ascii") for kind in ("css", "js"))
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    known = all_codes()
    title = _text(f"{_count(len(result.violations), 'violation')} in {_count(result.files, 'file')}")
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>rmwlint: {title}</title>\n<style>{style}</style>\n</head>\n<body>"
    )
    yield '<a class="skip" href="#violations">Skip to the violations</a>'
    yield from _header(result, title)
    yield '<div class="columns">'
    if result.violations:
        yield from _filters(result)
    yield '<main id="violations" tabindex="-1">'
    yield from (_failure(failure) for failure in result.failures)
    yield from _groups(result)
    if result.violations:
        yield (
            '<p class="nothing" id="nothing" hidden>Nothing matches. '
            '<button type="button" id="again">Show all</button></p>'
        )
    yield from _checks(result, known)
    yield "</main>\n</div>"
    yield f"<footer>rmwlint {_text(__version__)}</footer>"
    yield f"<script>{script}</script>\n</body>\n</html>"


def _header(result: Result, title: str) -> Iterator[str]:
    more = [
        f"{number} {what}"
        for number, what in (
            (result.suppressed, "suppressed"),
            (result.accepted, "accepted by the baseline"),
            (len(result.failures), "internal errors" if len(result.failures) > 1 else "internal error"),
        )
        if number
    ]
    yield (
        '<header class="top"><h1>rmwlint</h1>'
        f'<p class="summary"><strong>{title}</strong>{"".join(f", {part}" for part in more)}</p>'
        '<p class="theme"><label for="theme">Theme</label> <select id="theme">'
        '<option value="">System</option><option value="light">Light</option>'
        '<option value="dark">Dark</option></select></p></header>'
    )


def _filters(result: Result) -> Iterator[str]:
    violations = result.violations
    yield (
        '<form class="filters" id="filters" role="search" aria-label="Filter the violations">'
        '<p class="search"><label for="search">Search</label>'
        '<input type="search" id="search" autocomplete="off" spellcheck="false"></p>'
        '<p class="group-by"><label for="group">Group by</label><select id="group">'
        '<option value="file">File</option><option value="check">Check</option>'
        '<option value="confidence">Confidence</option></select></p>'
    )
    by_confidence = Counter(violation.confidence for violation in violations)
    sure = [(one.label, one.label.capitalize(), by_confidence[one]) for one in reversed(Confidence)]
    yield from _facet("Confidence", "confidence", (row for row in sure if row[2]))
    names = {violation.code: f"{violation.code} {violation.name}" for violation in violations}
    yield from _facet("Check", "check", ((code, names[code], n) for code, n in result.by_code().items()))
    by_file = Counter(in_repository(violation.path) for violation in violations)
    yield from _facet("File", "file", ((path, path, by_file[path]) for path in sorted(by_file)))
    yield (
        '<p class="deeds"><output id="shown" role="status"></output> '
        '<button type="reset">Show all</button></p>'
        '<p class="keys"><kbd>/</kbd> search, <kbd>j</kbd> next, <kbd>k</kbd> previous</p></form>'
    )


def _facet(title: str, name: str, rows: Iterable[tuple[str, str, int]]) -> Iterator[str]:
    yield f'<fieldset><legend>{title}</legend><div class="choices">'
    for value, label, count in rows:
        yield (
            f'<label><input type="checkbox" name="{name}" value="{_text(value)}">'
            f'<span class="what">{_text(label).replace("/", "/<wbr>")}</span> '
            f'<span class="count">{count}</span></label>'
        )
    yield "</div></fieldset>"


def _groups(result: Result) -> Iterator[str]:
    """The violations by file; the script groups them otherwise."""
    if not result.violations:
        yield '<p class="clean">Nothing to report.</p>'
    yield '<div id="groups">'
    before = None
    for violation, mark in zip(result.violations, result.fingerprints()):
        path = in_repository(violation.path)
        if path != before:
            if before is not None:
                yield "</section>"
            yield f'<section class="group"><h2><span class="title">{_text(path)}</span></h2>'
            before = path
        yield from _violation(violation, mark, result)
    if before is not None:
        yield "</section>"
    yield "</div>"


def _violation(violation: Violation, mark: str, result: Result) -> Iterator[str]:
    path, span = in_repository(violation.path), violation.span
    label = violation.confidence.label
    inside = f" in <code>{_text(violation.function)}</code>" if violation.function else ""
    yield (
        f'<article class="violation" id="v-{mark}" tabindex="-1" aria-labelledby="h-{mark}" '
        f'data-check="{_text(violation.code)}" data-name="{_text(violation.name)}" '
        f'data-confidence="{label}" data-file="{_text(path)}">'
        f'<h3 id="h-{mark}"><a class="check" href="#check-{_text(violation.code)}">'
        f"{_text(violation.code)}</a> {_prose(violation.message)}</h3>"
        f'<p class="where"><a href="#v-{mark}">{_text(path)}:{span.line}:{span.column}</a>{inside} '
        f'<span class="name">{_text(violation.name)}</span> '
        f'<span class="confidence {label}">{label} confidence</span></p>'
        '<div class="told">'
    )
    yield '<div class="frames">'
    for file, marks in marks_of(violation).items():
        source = result.lines(file)
        if source:
            yield from _frame(file, source, marks, named=file != violation.path)
    yield "</div>"
    if violation.interleaving:
        yield from _lanes(violation)
    yield "</div>"
    if violation.remedy:
        yield f'<p class="remedy"><strong>Remedy</strong> {_prose(violation.remedy)}</p>'
    if violation.fix is not None:
        yield from _fix(violation.fix, result.lines)
    yield "</article>"


def _frame(file: str, source: list[str], marks: list[Mark], *, named: bool) -> Iterator[str]:
    """The marked lines; under each what is said, behind as much unseen text as stands before the mark."""
    path = _text(in_repository(file))
    caption = f"<figcaption>{path}</figcaption>" if named else ""
    yield f'<figure class="frame">{caption}<div class="lines" tabindex="0" role="group" aria-label="{path}">'
    for number in lines_shown(marks, len(source), around=1):
        if not number:
            yield '<div class="gap">\u22ef</div>'
            continue
        line, stretches = _clipped(source[number - 1], [mark for mark in marks if mark.span.line == number])
        hot = " hot" if stretches else ""
        text = _marked(line, stretches)
        yield f'<div class="line{hot}"><span class="no">{number}</span><code>{text}</code></div>'
        for start, _, mark in stretches:
            if mark.text:
                yield (
                    '<div class="note"><span class="no"></span>'
                    f'<span class="unseen" aria-hidden="true">{_text(line[:start])}</span>'
                    f'<span class="said {_text(mark.role)}">{_prose(mark.text)}</span></div>'
                )
    yield "</div></figure>"


#: Where a mark starts and stops in the text that is shown of its line.
_Stretch = tuple[int, int, Mark]


def _clipped(line: str, marks: list[Mark]) -> tuple[str, list[_Stretch]]:
    """As much of a line as can be shown, from a little before its first mark in a very long one."""
    first = min((mark.span.column - 1 for mark in marks), default=0)
    start = max(first - _WIDEST // 4, 0) if first > _WIDEST // 2 and len(line) > _WIDEST else 0
    text = ("\u2026" if start else "") + line[start : start + _WIDEST]
    shift = start - bool(start)
    stretches = []
    for mark in marks:
        stop = mark.span.end_column - 1 if mark.span.end_line == mark.span.line else len(line)
        stretches.append((min(mark.span.column - 1 - shift, len(text)), min(stop - shift, len(text)), mark))
    return text + ("\u2026" if start + _WIDEST < len(line) else ""), stretches


def _marked(text: str, stretches: list[_Stretch]) -> str:
    """The text with its marked parts underlined; where they overlap, the one that begins last is seen."""
    cuts = sorted({0, len(text), *(cut for start, stop, _ in stretches for cut in (start, stop))})
    made = []
    for start, stop in pairwise(cuts):
        over = [(first, mark.role) for first, last, mark in stretches if first <= start < last]
        part = _text(text[start:stop])
        made.append(f'<mark class="{_text(max(over)[1])}">{part}</mark>' if over else part)
    return "".join(made)


def _lanes(violation: Violation) -> Iterator[str]:
    """Two actors side by side, time running down."""
    yield (
        '<table class="lanes"><caption>How the two get in each other\'s way</caption>'
        '<thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead><tbody>'
    )
    for actor, text in violation.interleaving:
        deed, *outcome = told.said(text)
        comes = "".join(f'<span class="outcome">{_prose(part)}</span>' for part in outcome)
        text = _BREAK.sub("<wbr>", _prose(deed))
        event = f'<td><div class="event{" loss" if comes else ""}">{text}{comes}</div></td>'
        yield f"<tr>{event}<td></td></tr>" if actor == "A" else f"<tr><td></td>{event}</tr>"
    yield "</tbody></table>"


def _fix(fix: Fix, lines: Callable[[str], list[str]]) -> Iterator[str]:
    kind = fix.applicability.value
    yield f'<p class="remedy"><strong>Fix</strong> <span class="kind">{kind}</span> {_prose(fix.message)}</p>'
    for path in dict.fromkeys(edit.path for edit in fix.edits):
        before = lines(path)
        after = _edited(before, [edit for edit in fix.edits if edit.path == path])
        yield '<div class="diff" tabindex="0" role="group" aria-label="The change">'
        for line in list(difflib.unified_diff(before, after, n=1, lineterm=""))[2:]:
            sort = {"+": "ins", "-": "del"}.get(line[0], "span")
            shown = in_repository(path) if line.startswith("@@") else line
            yield f'<{sort} class="row">{_text(shown)}</{sort}>'
        yield "</div>"


def _edited(lines: list[str], edits: Iterable[Edit]) -> list[str]:
    """The lines after the edits; one that lies outside of the file is left out."""
    made = list(lines)
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        span = edit.span
        if 0 < span.line <= span.end_line <= len(made):
            head, tail = (
                made[span.line - 1][: span.column - 1],
                made[span.end_line - 1][span.end_column - 1 :],
            )
            made[span.line - 1 : span.end_line] = f"{head}{edit.text}{tail}".replace("\r\n", "\n").split("\n")
    return made


def _failure(failure: Failure) -> str:
    where = ":".join(
        part for part in (failure.path and in_repository(failure.path), failure.function) if part
    )
    on = f" on {_text(where)}" if where else ""
    trace = ""
    if failure.traceback:
        trace = f"<details><summary>Traceback</summary><pre>{_text(failure.traceback)}</pre></details>"
    return (
        f'<section class="failure"><h2>rmwlint itself failed{on}</h2>'
        f"<p>{_text(failure.message)}</p>{trace}</section>"
    )


def _checks(result: Result, known: dict[str, Described]) -> Iterator[str]:
    """What the checks that found something are about."""
    codes = [code for code in result.by_code() if code in known]
    if not codes:
        return
    yield '<section class="checks" aria-labelledby="about"><h2 id="about">What the checks are about</h2>'
    for code in codes:
        text = explained(known[code].doc)
        yield (
            f'<details class="about" id="check-{code}"><summary>{code} {_text(known[code].name)}: '
            f"{_prose(text.title)}</summary>"
        )
        for part in text.parts:
            if part.kind == "code":
                yield f'<pre tabindex="0"><code>{_text(part.text)}</code></pre>'
            else:
                tag = "h4" if part.kind == "heading" else "p"
                yield f"<{tag}>{_prose(part.text)}</{tag}>"
        yield "</details>"
    yield "</section>"


def _prose(text: str) -> str:
    """Escaped text, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", _text(text))


def _text(text: str) -> str:
    """Escaped text; control characters, which HTML does not have, by their pictures."""
    plain = told.encodable(text).replace("\r\n", "\n")
    return escape(_CONTROL.sub(lambda found: chr(0x2400 + ord(found[0]) % 0x5E), plain))


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('ascii')).digest()).decode('ascii')}"


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
