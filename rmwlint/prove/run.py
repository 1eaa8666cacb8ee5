"""One run of ``prove``: find the violation, write a test that replays its interleaving."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rmwlint.codes import UnknownCode, all_codes, resolve
from rmwlint.config import Settings
from rmwlint.errors import UsageError
from rmwlint.prove import of_django, of_files, of_sqlalchemy
from rmwlint.prove.points import stop_of
from rmwlint.prove.subject import subject_of
from rmwlint.request import Request
from rmwlint.runner import run
from rmwlint.violation import Confidence, Violation

#: Whose rows are read, changed and written by one function.
ROWS = of_django.CREATIONS | {"RMW104", "RMW105", "RMW106", "RMW108", "RMW202", "RMW306", "RMW309"}
FILES = frozenset(["RMW406", "RMW407"])

#: Why there is no test of the others.
_HELD = "it is about how long something is held, and nothing is lost in one order of events"
_MEMORY = "what is shared is in the memory of a process, and no test can know who else uses it"
_STORE = "what the test would need is a store, and rmwlint knows none that it may empty"
_WHY_NOT = {
    "RMW101": "a versioned object's rows are behind calls that rmwlint does not know",
    "RMW102": "a versioned object's rows are behind calls that rmwlint does not know",
    "RMW103": "it is about a method that others call, and its callers decide what is lost",
    "RMW107": "what is done in vain does not show in the row",
    "RMW109": "whether it fails depends on the clock",
    "RMW110": "what is lost is what somebody else does to the row, and no test can know what that is",
    "RMW201": "the row is read somewhere else",
    "RMW305": "what is lost depends on the transaction that the caller has open",
    "RMW308": "the read that is not locked is not part of it; prove what it lets happen (RMW104, RMW106)",
    "RMW502": "looking and creating are one call",
    "RMW307": "what fails is the backend, and what is lost is what it should have done",
    **dict.fromkeys(["RMW601", "RMW602", "RMW603", "RMW604", "RMW605", "RMW606"], _STORE),
    "RMW402": "what the lock is for is not part of it",
    "RMW403": "it takes two processes",
    **dict.fromkeys(["RMW301", "RMW302", "RMW303", "RMW304", "RMW410"], _HELD),
    **dict.fromkeys(
        ["RMW401", "RMW404", "RMW405", "RMW408", "RMW409", "RMW411", "RMW412", "RMW413"], _MEMORY
    ),
}


def why_not(code: str) -> str:
    """Why there is no test of a check's violations; empty where there is."""
    return _WHY_NOT.get(code, "")


class Proof(NamedTuple):
    """A test's text, and where it belongs."""

    path: Path
    text: str
    violation: Violation


def prove(target: str, settings: Settings, *, code: str | None = None, output: str | None = None) -> Proof:
    """The test for the violation at ``FILE:LINE``, or the only one in ``FILE``; nothing is written.

    ``code`` chooses among several. ``output`` is the file that the test is meant for.

    Raises UsageError where there is no such violation, more than one, or one that no test can show.
    """
    path, line = _split(target)
    violation = _chosen(_violations(path, settings, code), path, line)
    if violation.code not in ROWS | FILES:
        raise _refused(violation, why_not(violation.code) or "nobody has said yet how")
    reads = [step.span.line for step in violation.steps if step.role == "read"]
    if violation.code == "RMW407" and min(reads, default=0) > violation.line:
        raise _refused(violation, "it is another function that reads half of the file")
    stop = stop_of(violation)
    # RMW309 is about what comes after the write; for all others the stop must come before it
    if violation.code != "RMW309" and stop.first <= violation.line <= stop.last:
        raise _refused(violation, "it reads and writes on one line; break it in two, and ask again")
    name = re.sub(r"\W+", "_", violation.function).strip("_").lower()
    destination = Path(output) if output else Path(f"test_{violation.code.lower()}_{name}.py")
    subject = subject_of(violation, stop, settings)
    if violation.code in FILES:
        return Proof(destination, of_files.text(subject, destination), violation)
    if not subject.models:
        raise _refused(violation, "its row is of no Django or SQLAlchemy class that can be seen")
    writer = of_django if subject.models[0].library == "django" else of_sqlalchemy
    return Proof(destination, writer.text(subject, destination), violation)


def _refused(violation: Violation, why: str) -> UsageError:
    return UsageError(f"{violation.path}:{violation.line}: {violation.code} cannot be proven here: {why}.")


def _split(target: str) -> tuple[str, int | None]:
    """``FILE:LINE`` (a column may follow) or ``FILE``."""
    found = re.fullmatch(r"(.+?):(\d+)(?::\d+)?", target)
    path, line = (found[1], int(found[2])) if found else (target, None)
    if not Path(path).is_file():
        raise UsageError(f"`{path}` is no file; name a violation as FILE:LINE.")
    return path, line


def _violations(path: str, settings: Settings, code: str | None) -> Sequence[Violation]:
    known = all_codes()
    try:
        wanted = resolve([code], known) if code else frozenset(known)
    except UnknownCode as error:
        raise UsageError(str(error)) from None
    asked = settings._replace(select=None, extend_select=("ALL",), ignore=(), min_confidence=Confidence.LOW)
    result = run(Request([path], asked, use_cache=False, jobs=1))
    return [one for one in result.violations if one.code in wanted and not one.code.startswith("RMW9")]


def _chosen(found: Sequence[Violation], path: str, line: int | None) -> Violation:
    here = [one for one in found if line is None or one.line == line]
    if not here and line is not None:
        here = [
            one
            for one in found
            if any(step.path == one.path and step.span.line == line for step in one.steps)
        ]
    if len({one.code for one in here}) > 1:
        provable = [one for one in here if one.code in ROWS | FILES]
        here = provable if len(provable) == 1 else here
    if len(here) == 1:
        return here[0]
    where = f"{path}:{line}" if line is not None else path
    if not here:
        listed = ", ".join(f"{one.line} ({one.code})" for one in found)
        raise UsageError(f"No violation at {where}; there are some on lines: {listed or 'none'}.")
    listed = ", ".join(f"{one.path}:{one.line} --code {one.code}" for one in here)
    raise UsageError(f"{where} has {len(here)} violations; choose one: {listed}.")
