"""What a rewrite is, and what it may ask of a violation."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable

from rmwlint.fix.change import Change, Left
from rmwlint.fix.source import Source
from rmwlint.violation import Applicability, Span, Violation

SAFE, UNSAFE = Applicability.SAFE, Applicability.UNSAFE

Attempt = Callable[[Source, Violation], "Change | Left"]


class Rewrite:
    """One codemod: a module in ``rewrites/`` whose docstring says what it rewrites and what that promises.

    ``codes``: the violations it is for; ``library``: whose calls it writes; ``does``: one line for a table;
    ``safe`` and ``unsafe``: when its changes are the one and the other, empty where they never are.
    """

    def __init__(self, *codes: str, library: str, does: str, safe: str = "", unsafe: str = "") -> None:
        frame = sys._getframe(1)
        self.codes = codes
        self.library = library
        self.does = does
        self.safe = safe
        self.unsafe = unsafe
        self.name: str = frame.f_globals["__name__"].rpartition(".")[2]
        self.doc: str = inspect.cleandoc(frame.f_globals.get("__doc__") or "")
        self._attempt: Attempt | None = None

    def explained(self) -> str:
        """What it does and promises, as the checks that it serves say it in their documentation."""
        said = f"Fix for {self.library}: {self.does}."
        if self.safe:
            said += f" Safe where {self.safe}."
        return said + (f" Unsafe{' otherwise' if self.safe else ''}: {self.unsafe}." if self.unsafe else "")

    def of_violation(self, attempt: Attempt) -> Attempt:
        """Take the function that gives the change for a violation, or says why there is none."""
        self._attempt = attempt
        return attempt

    def __call__(self, source: Source, violation: Violation) -> Change | Left:
        """The change for one violation."""
        assert self._attempt is not None
        return self._attempt(source, violation)


def hinted(violation: Violation, key: str) -> tuple[str, ...]:
    """The values of a hint, in the order they were given."""
    return tuple(value for name, value in violation.hints if name == key)


def hint(violation: Violation, key: str) -> str:
    """The first value of a hint; empty where there is none."""
    return next((value for name, value in violation.hints if name == key), "")


def step_span(violation: Violation, role: str, *, last: bool = False) -> Span | None:
    """Where the first (or last) step of a role stands in the violation's own file."""
    found = [step.span for step in violation.steps if step.role == role and step.path == violation.path]
    if not found:
        return None
    return found[-1] if last else found[0]


def elsewhere(violation: Violation) -> bool:
    """Whether a part of the story is told in another function or file, beyond a call."""
    return any(
        step.message.startswith("by way of") or step.path != violation.path for step in violation.steps
    )
