"""The flake8 plugin: what rmwlint says about one file, in flake8's words.

flake8 hands over one file at a time. The modules that an answer needs are loaded as by ``rmwlint check``, and
from the same cache, so both say the same. Selecting, ignoring and ``# noqa`` are flake8's own business.
"""

from __future__ import annotations

import argparse
import ast
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rmwlint import __version__

if TYPE_CHECKING:
    from rmwlint.violation import Violation

_STDIN = frozenset(["-", "stdin"])


class Plugin:
    """One file under flake8. ``lines`` are its lines as flake8 has read them."""

    name = "rmwlint"
    version = __version__
    min_confidence: ClassVar[str | None] = None
    config: ClassVar[str | None] = None

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self.filename = filename
        self.lines = lines

    @classmethod
    def add_options(cls, manager: Any) -> None:
        """Tell flake8 of the options."""
        manager.add_option(
            "--rmwlint-min-confidence",
            choices=["low", "medium", "high"],
            default=None,
            parse_from_config=True,
            help="report violations from this confidence on (default: what rmwlint's settings say)",
        )
        manager.add_option(
            "--rmwlint-config",
            metavar="FILE",
            default=None,
            parse_from_config=True,
            normalize_paths=True,
            help="the pyproject.toml or rmwlint.toml to use (default: the nearest above each file)",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Take the options from flake8; with ``-j`` each of its processes does so."""
        cls.min_confidence = options.rmwlint_min_confidence
        cls.config = options.rmwlint_config

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """(line, column from 0, text, class) of each violation."""
        from rmwlint.errors import RmwlintError

        try:
            found = self._violations()
        except RmwlintError as error:
            from flake8.exceptions import ExecutionError

            raise ExecutionError(f"rmwlint: {error}") from None
        for violation in found:
            text = f"{violation.code} {violation.message}"
            yield violation.span.line, violation.span.column - 1, text, type(self)

    def _violations(self) -> Sequence[Violation]:
        from rmwlint.request import Request
        from rmwlint.runner import run
        from rmwlint.source.files import find

        settings = _settings(
            os.path.dirname(os.path.abspath(self.filename)), self.config, self.min_confidence
        )
        given = None
        if self.filename in _STDIN:
            given = (Path("stdin.py"), "".join(self.lines).encode())
        elif (not settings.include_tests and _left_out(self.filename)) or not find([self.filename]):
            return ()
        return run(Request([self.filename], settings, jobs=1, given=given)).violations


@lru_cache(maxsize=256)
def _settings(folder: str, config: str | None, min_confidence: str | None) -> Any:
    from rmwlint.config import settings_for, settings_in
    from rmwlint.violation import Confidence

    found = settings_in(Path(config)) if config else settings_for(Path(folder))
    if min_confidence is not None:
        found = found._replace(min_confidence=Confidence[min_confidence.upper()])
    return found


def _left_out(filename: str) -> bool:
    """Whether a walk of the project would leave the file out: a test, or a migration."""
    from rmwlint.source.files import shown
    from rmwlint.source.kinds import is_migration_folder, is_test_file, is_test_folder

    path = shown(os.path.abspath(filename))
    if is_test_file(os.path.basename(path)):
        return True
    folder = os.path.dirname(path)
    while folder and folder != os.path.dirname(folder):
        if is_test_folder(os.path.basename(folder)) or is_migration_folder(os.path.abspath(folder)):
            return True
        folder = os.path.dirname(folder)
    return False
