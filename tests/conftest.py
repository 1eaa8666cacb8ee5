"""What many tests need: files laid out in a folder of their own, and the command line called in-process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from rmwlint.cli import main
from rmwlint.source.project import project_root


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
