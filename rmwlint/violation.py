"""What every other room speaks of: a violation, its steps, its fix. Frozen values, no behaviour."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Confidence(enum.IntEnum):
    """How sure the engine is: the weakest step of the evidence decides."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def label(self) -> str:
        """The word shown to people and written to JSON: ``low``, ``medium`` or ``high``."""
        return self.name.lower()


class Applicability(enum.Enum):
    """What a fix promises.

    SAFE: one actor sees the same behaviour and two never lose more than before.
    UNSAFE: right in the common case, wants a person's eye.
    DISPLAY_ONLY: a sketch to read, never applied.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY_ONLY = "display-only"


class Span(NamedTuple):
    """A stretch of source. Lines count from 1; columns are characters, from 1; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Step(NamedTuple):
    """One numbered place of a violation's story.

    ``role`` is one of ``read decide write hazard lock guard``.
    """

    role: str
    path: str
    span: Span
    message: str


class Edit(NamedTuple):
    """Replace the text of ``span`` in ``path`` by ``text``."""

    path: str
    span: Span
    text: str


class Fix(NamedTuple):
    """Edits that close the window, and what they promise."""

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]


class Violation(NamedTuple):
    """One occurrence of a check at a place.

    ``interleaving`` holds rows ``(actor, text)``; the actor is ``"A"`` or ``"B"``.
    ``function`` is qualified in its module (``Class.method``); empty at module level.
    ``place`` names what is shared, as a reader of the code would (``order.retries``).
    ``hints`` are what a rewrite needs to know and a reader does not, as pairs; no format shows them.
    """

    code: str
    name: str
    message: str
    path: str
    span: Span
    function: str
    confidence: Confidence
    place: str
    steps: tuple[Step, ...] = ()
    interleaving: tuple[tuple[str, str], ...] = ()
    remedy: str = ""
    fix: Fix | None = None
    hints: tuple[tuple[str, str], ...] = ()

    @property
    def line(self) -> int:
        """The first line of the primary location."""
        return self.span.line


class Failure(NamedTuple):
    """rmwlint's own failure on one function (empty where unknown) of one file."""

    path: str
    function: str
    message: str
    traceback: str
