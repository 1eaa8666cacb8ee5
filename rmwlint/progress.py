"""How far a long run is, on a terminal."""

from __future__ import annotations

import time
from typing import TextIO

_SILENT_SECONDS = 1.0
_BETWEEN_SECONDS = 0.1


class Progress:
    """Rewrites one line of ``out``, a terminal (else it is silent), once the run has taken a second."""

    def __init__(self, out: TextIO, total: int) -> None:
        self._out = out if out.isatty() else None
        self._total = total
        self._next = time.monotonic() + _SILENT_SECONDS
        self._shown = False

    def at(self, what: str, done: int) -> None:
        """So many files are done."""
        now = time.monotonic()
        if self._out is not None and now >= self._next:
            self._next = now + _BETWEEN_SECONDS
            self._shown = True
            self._out.write(f"\r\x1b[K{what} {min(done, self._total)} of {self._total} files")
            self._out.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._out is not None and self._shown:
            self._out.write("\r\x1b[K")
            self._out.flush()
            self._shown = False
