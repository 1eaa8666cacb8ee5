"""One run of ``fix``: check, rewrite, ask the gate, write; or say what would be written."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rmwlint.asking import Judge
from rmwlint.codes import all_codes
from rmwlint.config import Settings
from rmwlint.errors import UsageError
from rmwlint.fix.apply import Fixed, Remaining, mend, propose
from rmwlint.fix.rewrites import rewrites
from rmwlint.fix.write import NotWritten, replace_file
from rmwlint.report.result import Result
from rmwlint.request import Request
from rmwlint.runner import run
from rmwlint.source.text import Undecodable, decode, split_lines
from rmwlint.violation import Applicability, Confidence, Violation


class Outcome(NamedTuple):
    """``result``: what is still there to show; ``fixed``: the files that change; ``left``: every violation
    that stays, and why; ``unwritten``: (path, reason) of files that had to be left as they are."""

    result: Result
    fixed: tuple[Fixed, ...]
    left: tuple[Remaining, ...]
    unwritten: tuple[tuple[str, str], ...]

    @property
    def mended(self) -> int:
        """How many violations were ended."""
        return sum(len(file.mended) for file in self.fixed)


def fix(request: Request, *, unsafe: bool, write: bool, only: str = "") -> Outcome:
    """Mend what can be mended in the files of the request, and write them if asked to.

    ``only``: the name of the one rewrite to use, where it is one.

    Raises RmwlintError as ``run`` does, and UsageError for standard input.
    """
    if request.given is not None:
        raise UsageError("standard input cannot be fixed: name a file.")
    checked = _Checked(request)
    allowed = [Applicability.SAFE, Applicability.UNSAFE] if unsafe else [Applicability.SAFE]
    results = mend(
        checked.data,
        checked.by_file,
        checked.again,
        wanted=checked.asked,
        allowed=frozenset(allowed),
        least=checked.least,
        only=only,
    )
    fixed: list[Fixed] = []
    left: list[Remaining] = []
    unwritten: list[tuple[str, str]] = []
    now: dict[str, bytes] = {}
    after = dict(checked.by_file)
    for file in results:
        if file.after != file.before and write:
            try:
                replace_file(file.path, file.before, file.after)
            except NotWritten as error:
                unwritten.append((file.path, str(error)))
                wanted = [one for one in checked.by_file[file.path] if checked.asked(one)]
                left += [Remaining(violation, str(error)) for violation in wanted]
                continue
            now[file.path] = file.after
            after[file.path] = file.violations
        left += file.left
        if file.after != file.before:
            fixed.append(file)
    seen = {file.path for file in results}
    for violations in (after[path] for path in after if path not in seen):
        left += [Remaining(one, _WITHOUT) for one in violations if checked.asked(one)]
    remaining = [one for violations in after.values() for one in violations if checked.asked(one)]
    return Outcome(checked.showing(remaining, now), tuple(fixed), tuple(_in_order(left)), tuple(unwritten))


_WITHOUT = "there is no rewrite for it"


def with_fixes(request: Request) -> Result:
    """The result of checking, each violation with its fix where there is one."""
    checked = _Checked(request)
    found = propose(
        checked.data,
        checked.by_file,
        checked.again,
        wanted=checked.asked,
        allowed=frozenset(Applicability),
        least=checked.least,
    )
    shown = [
        violation._replace(fix=found.get(violation))
        for violations in checked.by_file.values()
        for violation in violations
        if checked.asked(violation)
    ]
    return checked.showing(shown, {})


def mended_text(request: Request, rewrite: str) -> tuple[bytes | None, list[str]]:
    """What one rewrite makes of the text that the request gives, if anything; and why the rest stays."""
    chosen = next(one for one in rewrites() if one.name == rewrite)
    settings = request.settings._replace(select=chosen.codes, extend_select=(), ignore=())
    checked = _Checked(request._replace(settings=settings))
    for file in mend(
        checked.data,
        checked.by_file,
        checked.again,
        wanted=lambda violation: violation.code in chosen.codes,
        allowed=frozenset(Applicability),
        least=checked.least,
        only=rewrite,
    ):
        reasons = [f"line {one.violation.line}: {one.violation.code} left: {one.reason}" for one in file.left]
        return (file.after if file.after != file.before else None), reasons
    return None, []


def unified_diff(fixed: Sequence[Fixed]) -> Iterator[str]:
    """The changes as patch and git read them, line by line; the lines keep their own ends."""
    for file in fixed:
        before, after = _lines(file.before), _lines(file.after)
        for line in difflib.unified_diff(before, after, f"a/{file.path}", f"b/{file.path}"):
            yield line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[str]:
    text = decode(data)
    return text.splitlines(keepends=True) if "\r" not in text else _kept(text)


def _kept(text: str) -> list[str]:
    """Lines cut after each newline only, so that a form feed or a lone carriage return ends none."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


class _Checked:
    """The first run, with every check and every confidence, and how to run again on changed texts."""

    def __init__(self, request: Request) -> None:
        settings = request.settings
        self._judge = Judge(settings, all_codes())
        self.least = settings.min_confidence
        self._request = request._replace(settings=_wide(settings))
        self._result = run(self._request)
        self.by_file: dict[str, Sequence[Violation]] = {}
        for violation in self._result.violations:
            known = self.by_file.setdefault(violation.path, [])
            assert isinstance(known, list)
            known.append(violation)
        fixable = {code for rewrite in rewrites() for code in rewrite.codes}
        self.data: dict[str, bytes] = {}
        for path, violations in self.by_file.items():
            asked = any(violation.code in fixable and self.asked(violation) for violation in violations)
            if request.given is None and asked:
                self._read(path)
            elif request.given is not None and str(request.given[0]) == path:
                self.data[path] = request.given[1]

    def asked(self, violation: Violation) -> bool:
        """Whether the run was asked to mend or show it; the gate is told of the others too."""
        codes, least = self._judge.holding_for(Path(violation.path))
        return violation.code in codes and violation.confidence >= least

    def _read(self, path: str) -> None:
        try:
            self.data[path] = Path(path).read_bytes()
        except OSError:
            return

    def again(self, texts: Mapping[str, bytes]) -> Mapping[str, Sequence[Violation]]:
        """All violations of the files, with these texts."""
        unsaved = {Path(path): data for path, data in texts.items()}
        request = self._request
        if request.given is not None:
            result = run(request._replace(given=(request.given[0], texts[str(request.given[0])])))
        else:
            result = run(request._replace(paths=list(texts), unsaved=unsaved, jobs=1))
        found: dict[str, list[Violation]] = {path: [] for path in texts}
        for violation in result.violations:
            found.setdefault(violation.path, []).append(violation)
        return found

    def showing(self, violations: Sequence[Violation], now: Mapping[str, bytes]) -> Result:
        """The first run's result with other violations, and the lines that changed files have now."""
        before = self._result.lines

        def lines(path: str) -> list[str]:
            if path not in now:
                return before(path)
            try:
                return split_lines(decode(now[path]))
            except Undecodable:
                return []

        order = sorted(violations, key=lambda one: (one.path, one.span, one.code, one.message))
        return self._result._replace(violations=tuple(order), lines=lines)


def _wide(settings: Settings) -> Settings:
    """Settings that look for all the project looks for, however unsure, whatever is to be fixed now."""
    return settings._replace(
        select=None,
        extend_select=(*settings.extend_select, *(settings.select or ())),
        min_confidence=Confidence.LOW,
    )


def _in_order(left: Sequence[Remaining]) -> list[Remaining]:
    return sorted(left, key=lambda one: (one.violation.path, one.violation.span, one.violation.code))


def told(outcome: Outcome, *, written: bool) -> Iterator[str]:
    """The summary for people: each violation that was fixed or stays, then the counts."""
    for file in outcome.fixed:
        for mended in file.mended:
            where = f"{file.path}:{mended.violation.line}:{mended.violation.span.column}"
            what = f"{mended.change.message} ({mended.change.applicability.value})"
            yield f"{where} {mended.violation.code} {'fixed' if written else 'would be fixed'}: {what}"
    for remaining in outcome.left:
        violation = remaining.violation
        where = f"{violation.path}:{violation.line}:{violation.span.column}"
        yield f"{where} {violation.code} left: {remaining.reason}"
    for path, reason in outcome.unwritten:
        yield f"{path} was left as it is: {reason}."
    yield counted(outcome, written=written)


def counted(outcome: Outcome, *, written: bool) -> str:
    """One line: how many were fixed, how many stay, how many of those have an unsafe fix."""
    files = len(outcome.fixed)
    verb = "Fixed" if written else "Would fix"
    text = f"{verb} {_many(outcome.mended, 'violation')} in {_many(files, 'file')}"
    if outcome.left:
        text += f", {len(outcome.left)} left"
        unsafe = sum(one.unsafe for one in outcome.left)
        if unsafe:
            text += f" ({unsafe} of them can be fixed with `--unsafe-fixes`)"
    return text + "."


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
