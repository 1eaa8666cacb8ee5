"""The codes with which rmwlint speaks about its own work, not about a window."""

from __future__ import annotations

from typing import NamedTuple


class OwnCode(NamedTuple):
    """A code of the 9xx family. ``doc`` has the shape of a check's docstring."""

    code: str
    name: str
    since: str
    doc: str
    default: bool = True


UNREADABLE = OwnCode(
    "RMW901",
    "unreadable-file",
    "0.1",
    """A file cannot be read or parsed, so nothing is known about it.

No check has looked at this file, and whatever other modules use from it counts as unknown.
Mend the file, leave it out with `exclude`, or run rmwlint with the Python version whose
syntax it uses. It is reported whatever `select` says; `ignore` silences it.

Bad:

    def reserve(stock:
        stock.left -= 1

Good:

    def reserve(stock):
        stock.left -= 1
""",
)

UNUSED_SUPPRESSION = OwnCode(
    "RMW902",
    "unused-suppression",
    "0.1",
    """A suppression comment silences nothing.

The violation that it was written for is gone, or the comment stands on another line than
the violation, or it misspells the code. Left in place, it would hide the next real one.
Only codes that this run has looked for are judged.

Bad:

    total = 1 + 1  # rmwlint: ignore[RMW104] two workers never meet here

Good:

    total = 1 + 1
""",
)

INTERNAL_ERROR = OwnCode(
    "RMW903",
    "internal-error",
    "0.1",
    """rmwlint itself failed on a function or a file; the rest of the run went on.

It is listed under `errors`, not under the violations, and makes the exit code 2. Please report it with
the function it names; until it is mended, the function counts as unchecked.
""",
)

OWN_CODES = {own.code: own for own in (UNREADABLE, UNUSED_SUPPRESSION, INTERNAL_ERROR)}
