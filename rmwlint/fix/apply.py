"""Rewrites tried on the violations of files, in rounds, until nothing more can be mended.

A round takes for each file the changes that do not touch each other and asks the gate about the new text.
Where it refuses, the changes are halved until those it refuses are known; they are not tried again. Files
are judged together, so that a round costs one run of the engine, not one for each change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rmwlint.fix.change import Change, Left, applied, disjoint, edits
from rmwlint.fix.gate import refused
from rmwlint.fix.rewrites import rewrites_of
from rmwlint.fix.source import Source, Unreadable
from rmwlint.violation import Applicability, Confidence, Fix, Violation

ROUNDS = 10

#: All violations of the files, whose content is given, by path.
Recheck = Callable[[Mapping[str, bytes]], Mapping[str, Sequence[Violation]]]

#: What a violation is known by while the lines around it move.
_Mark = tuple[str, str, str, str]


class Mended(NamedTuple):
    """A violation that a change has ended, as it stood when the change was made."""

    violation: Violation
    change: Change


class Remaining(NamedTuple):
    """A violation that stays. ``unsafe``: there is a fix, but nobody asked for unsafe ones."""

    violation: Violation
    reason: str
    unsafe: bool = False


class Fixed(NamedTuple):
    """One file: its bytes before and after, what was mended, what stays and why, all violations after."""

    path: str
    before: bytes
    after: bytes
    mended: tuple[Mended, ...]
    left: tuple[Remaining, ...]
    violations: tuple[Violation, ...]


class _Proposal(NamedTuple):
    violation: Violation
    rewrite: str
    change: Change


class _File:
    def __init__(
        self,
        path: str,
        data: bytes,
        violations: Sequence[Violation],
        least: Confidence,
        only: str = "",
    ) -> None:
        self.path = path
        self.least = least
        self.only = only
        self.before = data
        self.current = data
        self.violations = list(violations)
        self.mended: list[Mended] = []
        self.left: list[Remaining] = []
        self.refused: dict[tuple[_Mark, str], str] = {}
        self.settled = False

    def result(self) -> Fixed:
        """What has become of it."""
        return Fixed(
            self.path,
            self.before,
            self.current,
            tuple(self.mended),
            tuple(self.left),
            tuple(self.violations),
        )

    def propose(
        self, is_wanted: Callable[[Violation], bool], allowed: frozenset[Applicability]
    ) -> tuple[Source | None, list[_Proposal]]:
        """The first allowed change for each violation; ``left`` says why the others have none."""
        self.left = []
        wanted = [violation for violation in self.violations if is_wanted(violation)]
        try:
            source = Source(self.current)
        except Unreadable as error:
            self.left = [Remaining(violation, str(error)) for violation in wanted]
            return None, []
        proposals = []
        for violation in wanted:
            found = self._first(source, violation, allowed)
            if isinstance(found, Remaining):
                self.left.append(found)
            else:
                proposals.append(found)
        return source, proposals

    def _first(
        self, source: Source, violation: Violation, allowed: frozenset[Applicability]
    ) -> _Proposal | Remaining:
        reason = ""
        foreign = "there is no rewrite for it"
        refused_because = ""
        unsafe = ""
        mark = _mark(source.text, violation)
        for rewrite in rewrites_of(violation.code):
            if self.only and rewrite.name != self.only:
                continue
            known = self.refused.get((mark, rewrite.name))
            if known is not None:
                refused_because = known
                continue
            try:
                found = rewrite(source, violation)
            except Exception as error:  # a mistake of ours costs one fix, not the run
                found = Left(f"internal error in {rewrite.name}: {_brief(error)}")
            if isinstance(found, Left) and found.foreign:
                foreign = found.reason
            elif isinstance(found, Left):
                reason = found.reason
            elif found.applicability in allowed:
                return _Proposal(violation, rewrite.name, found)
            else:
                unsafe = unsafe or found.message
        if unsafe:
            return Remaining(violation, f"only with --unsafe-fixes: {unsafe}", True)
        return Remaining(violation, refused_because or reason or foreign)

    def refuse(self, source: Source, proposal: _Proposal, reason: str) -> None:
        """Never try this rewrite on this violation again."""
        self.refused[_mark(source.text, proposal.violation), proposal.rewrite] = reason


class _Attempt:
    """The proposals of one file in one round: those accepted, and groups still to be judged."""

    def __init__(self, file: _File, source: Source, proposals: list[_Proposal]) -> None:
        self.file = file
        self.source = source
        self.accepted: list[_Proposal] = []
        self.groups = [proposals]
        self.text = file.current
        self.violations: Sequence[Violation] = file.violations

    def next_text(self) -> bytes | None:
        """The text with the accepted changes and the next group's; None where it cannot be written so."""
        try:
            text = applied(self.source, [one.change for one in (*self.accepted, *self.groups[0])])
            return self.source.encoded(text)
        except Exception as error:  # an encoding that cannot say it, a node libcst does not take there
            self.judge(None, (), f"the rewrite failed: {_brief(error)}")
            return None

    def judge(self, text: bytes | None, new: Sequence[Violation], reason: str = "") -> None:
        """Accept the group, refuse it, or cut it in two."""
        group = self.groups.pop(0)
        if not reason:
            assert text is not None
            mended = [one.violation for one in (*self.accepted, *group)]
            reason = refused(self.file.before, text, self.file.violations, new, mended, self.file.least)
        if not reason:
            assert text is not None
            self.accepted += group
            self.text, self.violations = text, new
        elif len(group) == 1:
            self.file.refuse(self.source, group[0], reason)
        else:
            half = len(group) // 2
            self.groups[:0] = [group[:half], group[half:]]


def mend(
    files: Mapping[str, bytes],
    violations: Mapping[str, Sequence[Violation]],
    recheck: Recheck,
    *,
    wanted: Callable[[Violation], bool],
    allowed: frozenset[Applicability],
    least: Confidence,
    only: str = "",
) -> list[Fixed]:
    """Rewrite the files until nothing more can be mended, or ten rounds have passed. Writes nothing.

    ``violations``: all of each file; ``wanted``: which of them are to be mended; ``allowed``: what a fix may
    be; ``least``: how sure a new violation must be to count; ``only``: the name of the one rewrite to use,
    where it is one.
    """
    states = [_File(path, data, violations.get(path, ()), least, only) for path, data in files.items()]
    for _ in range(ROUNDS):
        attempts = []
        for file in states:
            if file.settled:
                continue
            source, proposals = file.propose(wanted, allowed)
            if source is None or not proposals:
                file.settled = True
                continue
            chosen = disjoint(source, [proposal.change for proposal in proposals])
            attempts.append(_Attempt(file, source, [proposals[number] for number in chosen]))
        if not attempts:
            break
        _judge(attempts, recheck)
        for attempt in attempts:
            file = attempt.file
            file.current = attempt.text
            file.violations = list(attempt.violations)
            file.mended += [Mended(one.violation, one.change) for one in attempt.accepted]
    else:
        for file in states:
            if not file.settled:
                file.propose(wanted, frozenset())
    return [file.result() for file in states]


def propose(
    files: Mapping[str, bytes],
    violations: Mapping[str, Sequence[Violation]],
    recheck: Recheck,
    *,
    wanted: Callable[[Violation], bool],
    allowed: frozenset[Applicability],
    least: Confidence,
) -> dict[Violation, Fix]:
    """The change that would end each violation, each on the file as it is. The gate is asked about all."""
    found: dict[Violation, Fix] = {}
    waiting: list[tuple[_File, Source, list[_Proposal]]] = []
    for path, data in files.items():
        file = _File(path, data, violations.get(path, ()), least)
        source, proposals = file.propose(wanted, allowed)
        if source is not None and proposals:
            waiting.append((file, source, proposals))
    while waiting:
        attempts = []
        later = []
        for file, source, proposals in waiting:
            chosen = disjoint(source, [proposal.change for proposal in proposals])
            attempts.append(_Attempt(file, source, [proposals[number] for number in chosen]))
            rest = [one for number, one in enumerate(proposals) if number not in chosen]
            if rest:
                later.append((file, source, rest))
        _judge(attempts, recheck)
        for attempt in attempts:
            for accepted in attempt.accepted:
                text = applied(attempt.source, [accepted.change])
                changed = edits(attempt.file.path, attempt.source.text, text)
                change = accepted.change
                found[accepted.violation] = Fix(change.applicability, change.message, changed)
        waiting = later
    return found


def _judge(attempts: Sequence[_Attempt], recheck: Recheck) -> None:
    """Ask the gate about the groups of all attempts, until each is accepted or refused."""
    while True:
        texts: dict[str, bytes] = {}
        pending: list[_Attempt] = []
        for attempt in attempts:
            while attempt.groups:
                text = attempt.next_text()
                if text is None:
                    continue
                texts[attempt.file.path] = text
                pending.append(attempt)
                break
        if not pending:
            return
        found = recheck(texts)
        for attempt in pending:
            path = attempt.file.path
            attempt.judge(texts[path], found.get(path, ()))


def _brief(error: Exception) -> str:
    """An error in one line: what it carries may be a whole tree."""
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first[:80]}"


def _mark(text: str, violation: Violation) -> _Mark:
    lines = text.splitlines()
    line = lines[violation.line - 1].strip() if violation.line <= len(lines) else ""
    return violation.code, violation.function, violation.place, line
